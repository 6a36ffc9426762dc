//! Who holds a seat, as a view of `cqrs-es`.

use std::collections::BTreeSet;

use cqrs_es::{EventEnvelope, View};
use serde::{Deserialize, Serialize};

use crate::licensee::{Event, Licensee};

/// The seats of a licensee.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SeatsView {
    quantity: u64,
    holders: BTreeSet<String>,
}

impl View<Licensee> for SeatsView {
    fn update(&mut self, event: &EventEnvelope<Licensee>) {
        match &event.payload {
            Event::Opened { quantity, .. } => self.quantity = *quantity,
            Event::SeatAssigned { user } => {
                self.holders.insert(user.clone());
            }
            Event::SeatRemoved { user } => {
                self.holders.remove(user);
            }
        }
    }
}
