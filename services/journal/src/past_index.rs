//! The port to what the index keeps of the past (ADR 13): what was so before, and where to begin reading for it.

use licensing::Instant;

use crate::{HistoryFilter, JournalError, Moment, Page, Snapshot};

/// How many events a block of a stream has.
pub const BLOCK_EVENTS: u64 = 1_000;

/// What an index tells of how things were.
pub trait PastIndex: Send + Sync {
    /// The whole blocks of a stream, in order; what comes after the last of them is fewer than [`BLOCK_EVENTS`] events.
    fn blocks(&self, stream: &str) -> Result<Vec<EventBlock>, JournalError>;

    /// The small states that are kept behind the whole blocks of a stream that end with these versions, in their order.
    /// Blocks that are not there, or have no such state, are left out.
    fn block_states(&self, stream: &str, versions: &[u64]) -> Result<Vec<BlockState>, JournalError>;

    /// One page of what concerns a user in a stream's history, those events included that concern everybody; of no user, with
    /// an empty text, those alone. Nobody else's events are looked at.
    fn history_about(&self, stream: &str, user: &str, filter: &HistoryFilter) -> Result<Page, JournalError>;

    /// The events of a stream that concern one user each: user by user in the byte order of their ids, of each in the order
    /// of the stream, or all of it the other way round. They begin behind a place, at an end without one; `limit` at most,
    /// none only where there are no more.
    fn personal_events(
        &self,
        stream: &str,
        behind: Option<&PersonalPlace>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<PersonalEvent>, JournalError>;

    /// All events of a stream that concern one of these users alone: user by user in the byte order of their ids, of each in
    /// the order of the stream.
    fn personal_events_of(&self, stream: &str, users: &[&str]) -> Result<Vec<PersonalEvent>, JournalError>;

    /// The last use by each user that had been noted by a moment, in their order; `None` for never (R22).
    fn last_uses_at(&self, users: &[&str], moment: &Moment) -> Result<Vec<Option<Instant>>, JournalError>;

    /// Every licensee that a user was ever a member of, in byte order.
    fn memberships_ever(&self, user: &str) -> Result<Vec<String>, JournalError>;

    /// When a user was first named as a member, in a status or in a use; `None` for one whom nobody ever named.
    fn first_named(&self, user: &str) -> Result<Option<FirstNamed>, JournalError>;

    /// The latest kept state of a stream at a version of at most `version_max`, if there is a sound one.
    fn past_state(&self, stream: &str, version_max: u64) -> Result<Option<Snapshot>, JournalError>;

    /// Keeps a state of a stream beside those of other versions; in place of one of the same version.
    fn put_past_state(&self, stream: &str, state: &Snapshot) -> Result<(), JournalError>;
}

/// The small state of a stream behind a whole block; the index does not know what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockState {
    /// The version of the last event in it.
    pub version: u64,
    /// As [`EventReader::fold_block`](crate::EventReader::fold_block) made it.
    pub bytes: Vec<u8>,
}

/// An event of a stream that concerns one user alone, without what else is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalEvent {
    /// The user.
    pub user: String,
    /// Its version in the stream.
    pub version: u64,
    /// Its type, by full name.
    pub event_type: String,
    /// The version of its data's schema.
    pub schema_version: u32,
    /// Its data.
    pub data: Vec<u8>,
    /// When it took effect.
    pub effective_at: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
}

/// A place among the events of a stream that concern one user each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalPlace {
    /// The user.
    pub user: String,
    /// A version in the stream; it need not be one of the user's.
    pub version: u64,
}

/// The times of [`BLOCK_EVENTS`] events of a stream that follow each other.
///
/// Nothing says that the times of a stream only grow: a catalogue with a shorter wait makes a timer due before what has
/// happened since, and the machines of two nodes differ. So each block tells its own bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventBlock {
    /// The version of its last event.
    pub last_version: u64,
    /// The first time at which one of them took effect.
    pub effective_min: Instant,
    /// The last time at which one of them took effect.
    pub effective_max: Instant,
    /// The last time at which one of them was recorded.
    pub recorded_max: Instant,
}

/// When a user was first named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstNamed {
    /// The first time at which that took effect.
    pub effective_at: Instant,
    /// The first time at which it was recorded.
    pub recorded_at: Instant,
}

impl FirstNamed {
    /// Whether the user had been named by a moment.
    pub fn is_before(&self, moment: &Moment) -> bool {
        moment.has_in_effect(self.effective_at) && moment.knows(self.recorded_at)
    }
}
