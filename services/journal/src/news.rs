//! What the writers of several processes tell each other about users through the store.
//!
//! A user and their licensees lie in different shards, which different processes may hold. So whoever decides a status
//! writes it, with the news for the licensees, in the same transaction as the event; and whoever makes a member notes
//! that first, and only then reads the status. Whichever comes first, the other sees it: no member is ever made with a
//! status that is out of date for good (R21, R26).

use licensing::{Instant, UserStatus};

use crate::{JournalError, Person, Position};

/// The part of a store that its writers share; only a store of several processes has one.
pub trait SharedUsers: Send + Sync {
    /// Notes who may become a member of what, durably, and then reads the users, in the order of `candidates`.
    fn enlist(&self, candidates: &[Candidate<'_>]) -> Result<Vec<SharedUser>, JournalError>;

    /// Where each user may be a member, in the order of `users`, licensees in byte order: wherever they were ever
    /// enlisted, so rather too many.
    fn enlisted(&self, users: &[&str]) -> Result<Vec<Vec<String>>, JournalError>;

    /// The news that arose in `shard` and is not yet told everywhere, the oldest first, `limit` at most.
    fn untold(&self, shard: u16, limit: usize) -> Result<Vec<StatusNews>, JournalError>;

    /// Notes that these news are told everywhere.
    fn told(&self, news: &[Position]) -> Result<(), JournalError>;
}

/// A user who may become a member of a licensee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The user id.
    pub user: &'a str,
    /// The licensee id.
    pub licensee: &'a str,
}

/// A user as all writers see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedUser {
    /// The status by the last committed change; active without any.
    pub status: UserStatus,
    /// Name and addresses, if they are known.
    pub person: Option<Person>,
}

impl SharedUser {
    /// Of whom nothing is known: active, without a name.
    pub const fn unknown() -> Self {
        Self { status: UserStatus::Active, person: None }
    }
}

/// A change of a user's status, as licensees get to hear of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusNews {
    /// Where the user's event lies.
    pub position: Position,
    /// The user id.
    pub user: String,
    /// The version of the user's stream with that event.
    pub version: u64,
    /// The status from then on.
    pub status: UserStatus,
    /// The command that changed it.
    pub command_id: String,
    /// Who gave it (R36).
    pub actor: String,
    /// When it took effect.
    pub effective_at: Instant,
    /// The licensees that took note of it in the commit of the event itself.
    pub told: Vec<String>,
}
