//! The port to what the index keeps of the past (ADR 13): what was so before, and where to begin reading for it.

use licensing::Instant;

use crate::{JournalError, Moment, Snapshot, StoredEvent};

/// How many events a block of a stream has.
pub const BLOCK_EVENTS: u64 = 1_000;

/// What an index tells of how things were.
pub trait PastIndex: Send + Sync {
    /// The whole blocks of a stream, in order; what comes after the last of them is fewer than [`BLOCK_EVENTS`] events.
    fn blocks(&self, stream: &str) -> Result<Vec<EventBlock>, JournalError>;

    /// The events of a stream after `after_version` that concern somebody, in order, `limit` at most. Nothing is kept for
    /// it: the store looks at each event where it lies, and only hands out those that are wanted.
    fn events_about(
        &self,
        stream: &str,
        after_version: u64,
        about: &About<'_>,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError>;

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

/// Whom events concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// Whatever has this in its bytes may concern them, such as a user's id. Longer ids may hold it too.
    pub text: &'a str,
    /// Types, by full name, of events that concern nobody but those whom they name; all others concern everybody.
    pub personal_types: &'a [&'a str],
}

impl About<'_> {
    /// Whether an event of this type, in these bytes, concerns them.
    pub(crate) fn is_met_by(&self, event_type: &str, record: &[u8]) -> bool {
        let text = self.text.as_bytes();
        // No text at all is in all bytes.
        let is_named = || text.is_empty() || record.windows(text.len()).any(|bytes| bytes == text);
        !self.personal_types.contains(&event_type) || is_named()
    }
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
