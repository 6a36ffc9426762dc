//! The aggregate: one licensee, whole.

use serde::{Deserialize, Serialize};

use super::{Account, Roster};
use crate::{Event, Instant, ProductId, UserId};

/// One licensee: what was sold to it, who its members are, and who holds which seat.
///
/// Cloning is cheap at any size: the members and seats are persistent maps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licensee {
    account: Account,
    roster: Roster,
}

impl Licensee {
    /// Goes up with every change of what a licensee looks like when serialized: what is in another format is not read.
    pub const FORMAT: u32 = 2;

    /// Whether anything ever happened to it.
    pub const fn exists(&self) -> bool {
        self.account.version() > 0
    }

    /// How many events made it.
    pub const fn version(&self) -> u64 {
        self.account.version()
    }

    /// What was sold, what is in effect, how many seats are taken.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// The members and the seats they hold.
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Whether the user has a seat of the product, a retained one included.
    pub fn holds(&self, product: &ProductId, user: &UserId) -> bool {
        self.roster.seat(product, user).is_some()
    }

    /// Whether the user is a member who may hold seats (R21).
    pub fn is_eligible(&self, user: &UserId) -> bool {
        self.roster.member(user).is_some_and(|member| member.is_eligible(self.account.offering()))
    }

    /// The holders of a product's seats, in order of their ids.
    pub fn holders(&self, product: &ProductId) -> impl Iterator<Item = UserId> {
        self.roster.seats(product).map(|(user, _)| user)
    }

    /// The same members and seats with another account: so somebody who has folded only the events about some of a licensee's
    /// members, and has its account from elsewhere, can decide about those members.
    #[must_use]
    pub fn with_account(self, account: Account) -> Self {
        Self { account, ..self }
    }

    /// Folds an event that took effect at `at`.
    pub fn evolve(&mut self, event: &Event, at: Instant) {
        self.account.evolve(event, at);
        self.roster.evolve(event, self.account.version(), at);
    }
}
