//! What a decision may know besides the aggregate's own state.

use crate::{Catalogue, EmailAddress, Event, Instant, UserId, UserStatus, VersionRange};

/// An event of the licensee's own stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastEvent {
    /// Its place in the stream, from 1.
    pub version: u64,
    /// What happened.
    pub event: Event,
}

/// What lies outside of a licensee's stream and is needed to decide about it.
///
/// Usage is a table and no event, a contact's address is erasable, a user's status belongs to the user's own stream.
pub trait Facts {
    /// The last use of Code Suggestions by each of `users`, in their order; `None` for never (R22).
    fn last_uses(&self, users: &[UserId]) -> Vec<Option<Instant>>;

    /// The e-mail address of the subscription's contact (R13).
    fn contact_email(&self) -> Option<EmailAddress>;

    /// The user's status in the directory; unknown users are active (R29).
    fn user_status(&self, user: &UserId) -> UserStatus;

    /// Some of the licensee's own events, in order, which the state alone does not remember.
    fn past_events(&self, versions: VersionRange) -> Vec<PastEvent>;
}

/// Facts of a world in which nothing is known: nobody used anything, everybody is active, nothing has happened.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFacts;

impl Facts for NoFacts {
    fn last_uses(&self, users: &[UserId]) -> Vec<Option<Instant>> {
        vec![None; users.len()]
    }

    fn contact_email(&self) -> Option<EmailAddress> {
        None
    }

    fn user_status(&self, _user: &UserId) -> UserStatus {
        UserStatus::Active
    }

    fn past_events(&self, _versions: VersionRange) -> Vec<PastEvent> {
        Vec::new()
    }
}

/// Under which rules, when, and knowing what a decision is made.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What is sold, and under which numbers.
    pub catalogue: &'a Catalogue,
    /// The instant at which the decision takes effect.
    pub now: Instant,
    /// What lies outside of the aggregate.
    pub facts: &'a dyn Facts,
}
