//! The port through which an index is held against the journal: what it goes by, row by row, and how much there is of it.

use licensing::Instant;

use crate::{JournalError, Snapshot, StreamIndex};

/// What an index tells of its own rows. Nobody who works with a store needs it.
pub trait IndexInspection: StreamIndex {
    /// What the index goes by when it looks for events of a stream: of those after `after_version`, in order, `limit` at
    /// most.
    fn event_marks(&self, stream: &str, after_version: u64, limit: usize) -> Result<Vec<EventMark>, JournalError>;

    /// The uses that are kept of a user behind one of them (`None`: all), in the order in which they were noted, `limit`
    /// at most.
    fn kept_uses(&self, user: &str, after: Option<&KeptUse>, limit: usize) -> Result<Vec<KeptUse>, JournalError>;

    /// How many uses are kept of a user.
    fn count_of_kept_uses(&self, user: &str) -> Result<u64, JournalError>;

    /// The next state that is kept of a stream at a version above `after_version`.
    fn next_past_state(&self, stream: &str, after_version: u64) -> Result<Option<KeptState>, JournalError>;

    /// How many rows there are of everything, all at one moment.
    fn row_counts(&self) -> Result<RowCounts, JournalError>;
}

/// By what an event is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMark {
    /// Its version in the stream.
    pub version: u64,
    /// Its type, by full name.
    pub event_type: String,
    /// When it took effect.
    pub effective_at: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
}

/// A use that was the user's latest when it was noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptUse {
    /// When it happened.
    pub used_at: Instant,
    /// Where the clock stood when it was noted.
    pub noted_at: Instant,
    /// When that was recorded.
    pub recorded_at: Instant,
}

/// A state that is kept of a stream at a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptState {
    /// As it was kept.
    Sound(Snapshot),
    /// Its bytes are not those that were kept.
    Damaged {
        /// The version that it is kept under.
        version: u64,
    },
}

impl KeptState {
    /// The version that it is kept under.
    pub const fn version(&self) -> u64 {
        match self {
            Self::Sound(Snapshot { version, .. }) | Self::Damaged { version } => *version,
        }
    }
}

/// How many rows an index has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Streams.
    pub streams: u64,
    /// Events of all of them.
    pub events: u64,
    /// Blocks of times.
    pub blocks: u64,
    /// Users with a last use.
    pub last_uses: u64,
    /// Uses of all of them that were the latest when they were noted.
    pub uses: u64,
    /// Memberships of now.
    pub memberships: u64,
    /// Memberships that there ever were.
    pub memberships_ever: u64,
    /// Users who were ever named.
    pub first_named: u64,
    /// Events that are found by whom they concern.
    pub concerns: u64,
}
