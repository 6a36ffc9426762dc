//! What was known besides a licensee's own stream, then.

use std::collections::HashMap;

use licensing::{EmailAddress, Facts, Instant, PastEvent, UserId, UserStatus, VersionRange};

/// What decisions were made by: the uses that were known, and what the command itself tells.
pub(crate) struct FactsOfThen<'a> {
    pub(crate) last_uses: &'a HashMap<UserId, Instant>,
    /// The status of whoever joins, as the event has it.
    pub(crate) joining: UserStatus,
    /// What an undoing undoes.
    pub(crate) undone: Vec<PastEvent>,
}

/// Stands for the subscription's contact, whose address no journal holds (R30).
pub(crate) fn contact() -> EmailAddress {
    EmailAddress::new("the contact".to_owned())
}

impl Facts for FactsOfThen<'_> {
    fn last_uses(&self, users: &[UserId]) -> Vec<Option<Instant>> {
        users.iter().map(|user| self.last_uses.get(user).copied()).collect()
    }

    fn contact_email(&self) -> Option<EmailAddress> {
        Some(contact())
    }

    fn user_status(&self, _user: &UserId) -> UserStatus {
        self.joining
    }

    fn past_events(&self, _versions: VersionRange) -> Vec<PastEvent> {
        self.undone.clone()
    }
}
