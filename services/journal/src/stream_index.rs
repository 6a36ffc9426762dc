//! The port to the index: what was committed, by stream, command, user and licensee.

use std::time::Duration;

use contract::proto::journal::{Event, Outcome};
use licensing::Instant;

use crate::{Head, JournalError, PastIndex, Position, Positions, chain};

/// The index of a journal. It is filled behind the commits, so it may lag; it tells exactly how far it is.
///
/// Once filling it failed, every call fails with [`JournalError::IndexFailed`]: it is never silently behind.
pub trait StreamIndex: PastIndex {
    /// Up to where each shard is indexed, in the order of the shards.
    fn progress(&self) -> Result<Vec<Head>, JournalError>;

    /// Waits until `shard` is indexed up to commit `number`, at most for `timeout`; whether it is.
    fn wait_until(&self, shard: u16, number: u64, timeout: Duration) -> Result<bool, JournalError>;

    /// Waits until everything up to `positions` is indexed, at most for `timeout`; whether it is.
    fn wait_for(&self, positions: &Positions, timeout: Duration) -> Result<bool, JournalError>;

    /// Waits until fewer than `records` committed records are not indexed, at most for `timeout`; whether it is so. A
    /// process that holds shards counts those alone: the others grow, and are indexed, without it.
    fn wait_for_lag_below(&self, records: u64, timeout: Duration) -> Result<bool, JournalError>;

    /// Whether the stream has events.
    fn has_stream(&self, stream: &str) -> Result<bool, JournalError>;

    /// The end of a stream; `None` without events.
    fn stream_head(&self, stream: &str) -> Result<Option<StreamHead>, JournalError>;

    /// The events of a stream after `after_version`, in order, `limit` at most; fewer only at the end.
    fn stream(&self, stream: &str, after_version: u64, limit: usize) -> Result<Vec<StoredEvent>, JournalError>;

    /// One page of a stream's history.
    fn history(&self, stream: &str, filter: &HistoryFilter) -> Result<Page, JournalError>;

    /// The outcome of a command; of one id used twice, the one recorded later.
    fn outcome(&self, command_id: &str) -> Result<Option<StoredOutcome>, JournalError>;

    /// The outcomes of many commands, in their order.
    fn outcomes(&self, command_ids: &[&str]) -> Result<Vec<Option<StoredOutcome>>, JournalError>;

    /// The last use by each user, in their order; `None` for never (R22).
    fn last_uses(&self, users: &[&str]) -> Result<Vec<Option<Instant>>, JournalError>;

    /// The licensees that a user is a member of, in byte order.
    fn memberships(&self, user: &str) -> Result<Vec<String>, JournalError>;

    /// When time alone changes each licensee next, the earliest first; one entry a licensee at most.
    fn timers(&self) -> Result<Vec<NextDue>, JournalError>;

    /// The snapshot of a stream, if there is a sound one.
    fn snapshot(&self, stream: &str) -> Result<Option<Snapshot>, JournalError>;

    /// Keeps a snapshot in place of an older one; of a later one it changes nothing.
    fn put_snapshot(&self, stream: &str, snapshot: &Snapshot) -> Result<(), JournalError>;
}

/// Reads from an event whether someone became a member or ceased to be one; the index itself does not know the events.
pub type MembershipOf = fn(&Event) -> Option<MembershipChange>;

/// A change of who is a member of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MembershipChange {
    /// The user is a member from now on.
    Added {
        /// The user id.
        user: String,
        /// The licensee id.
        licensee: String,
    },
    /// The user is no longer a member.
    Removed {
        /// The user id.
        user: String,
        /// The licensee id.
        licensee: String,
    },
}

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
    /// How many at most.
    pub limit: usize,
    /// Only events that took effect at or after this instant.
    pub from: Option<Instant>,
    /// Only events that took effect before this instant.
    pub to: Option<Instant>,
    /// Only events of these types, by full name; empty for all.
    pub types: Vec<String>,
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
