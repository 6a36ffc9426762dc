//! What an index tells, and what is asked of it.

use contract::proto::journal::{Event, Outcome};
use licensing::Instant;

use crate::{Position, chain};

/// The end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamHead {
    /// The version of the last event.
    pub version: u64,
    /// Its hash.
    pub hash: chain::Hash,
}

/// An event and where it lies.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Where it lies.
    pub position: Position,
    /// The event.
    pub event: Event,
}

/// An outcome and where it lies.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredOutcome {
    /// Where it lies.
    pub position: Position,
    /// The outcome.
    pub outcome: Outcome,
}

/// Which events of a stream are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Only events that come after the one of this version in the order that is wanted; 0 for all.
    pub after_version: u64,
    /// Whether the newest comes first, instead of the oldest.
    pub newest_first: bool,
    /// Only events of this version or a later one; 0 for all.
    pub version_min: u64,
    /// Only events of this version or an earlier one; `None` for all.
    pub version_max: Option<u64>,
    /// How many at most.
    pub limit: usize,
    /// Only events that took effect at or after this instant.
    pub from: Option<Instant>,
    /// Only events that took effect before this instant.
    pub to: Option<Instant>,
    /// Only events of these types, by full name; empty for all.
    pub types: Vec<String>,
}

impl HistoryFilter {
    /// The versions that may be wanted: those behind the first and up to the second; `None` where there can't be any.
    pub(crate) fn versions(&self) -> Option<(u64, u64)> {
        let (after, last) = match (self.newest_first, self.after_version) {
            (false, after) => (after, u64::MAX),
            (true, 0) => (0, u64::MAX),
            (true, before) => (0, before.saturating_sub(1)),
        };
        let after = after.max(self.version_min.saturating_sub(1));
        let last = last.min(self.version_max.unwrap_or(u64::MAX));
        (after < last).then_some((after, last))
    }
}

/// A part of a stream's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The events, in the order that was wanted.
    pub items: Vec<StoredEvent>,
    /// Whether more follow after the last of them.
    pub more: bool,
}

/// When time alone changes a licensee next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextDue {
    /// The licensee id.
    pub licensee: String,
    /// The instant.
    pub due_at: Instant,
}

/// The state of a stream at a version; a cache that may be lost at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The version of the last event in it.
    pub version: u64,
    /// The version of the state's own encoding.
    pub state_version: u32,
    /// The encoded state.
    pub bytes: Vec<u8>,
}
