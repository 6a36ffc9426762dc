//! What one command did, as far as it concerns one user.

use std::collections::BTreeMap;

use licensing::{Event, Grant, ProductId, RemovalReason};

use crate::fact::{Cited, Fact};

/// The events of one command that concern a user: what it did to the user, and to what was sold. Those to other users are
/// only counted, so it is small, however many users the command touched.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    pub(super) command_id: String,
    /// In the order of the stream; never empty once the command was read to its end.
    pub(super) facts: Vec<Fact>,
    /// What it did to the pools of seats.
    pub(super) pools: BTreeMap<ProductId, PoolMove>,
    /// The earlier command that it goes back to, such as the order behind a renewal that had waited.
    pub(super) origin: Option<Box<Deed>>,
}

/// What a command did to a product's pool of seats.
#[derive(Debug, Clone, Default)]
pub(super) struct PoolMove {
    /// What the pool granted before it.
    pub(super) before: Option<Grant>,
    /// What it grants behind it.
    pub(super) after: Option<Grant>,
    /// How many seats it took because there were too many (R22).
    pub(super) surplus: u32,
}

impl Deed {
    pub(super) fn new(command_id: &str) -> Self {
        Self { command_id: command_id.to_owned(), facts: Vec::new(), pools: BTreeMap::new(), origin: None }
    }

    /// Takes note of a seat that was too many, whosever it was: the highest rank tells how many they were.
    pub(super) fn count(&mut self, event: &Event) {
        if let Event::SeatRemoved { product, reason: RemovalReason::Overage, evidence: Some(evidence), .. } = event {
            let surplus = &mut self.pools.entry(product.clone()).or_default().surplus;
            *surplus = evidence.rank.max(*surplus);
        }
    }

    /// The first event that something was sold, taken back or ran out by: what set off the rest.
    pub(super) fn cause(&self) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.event.user().is_none())
    }

    /// The event that the user lost the seat for, such as a block: the first about the user that is none of a seat.
    pub(super) fn personal_cause(&self) -> Option<&Fact> {
        let is_of_a_seat = |event: &Event| matches!(event, Event::SeatAssigned { .. } | Event::SeatRemoved { .. });
        self.facts.iter().find(|fact| fact.event.user().is_some() && !is_of_a_seat(&fact.event))
    }

    /// The command and those that it goes back to, the latest first; three at most.
    pub(super) fn lineage(&self) -> impl Iterator<Item = &Deed> {
        std::iter::successors(Some(self), |deed| deed.origin.as_deref())
    }

    pub(super) fn find(&self, is_it: impl Fn(&Event) -> bool) -> Option<&Fact> {
        self.facts.iter().find(|fact| is_it(&fact.event))
    }

    /// Who gave the command.
    pub(super) fn first(&self) -> Option<&Cited> {
        self.facts.first().map(|fact| &fact.cited)
    }
}
