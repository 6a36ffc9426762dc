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

    /// Whether each user is a member of a licensee, in the order of the users.
    fn are_members(&self, licensee: &str, users: &[&str]) -> Result<Vec<bool>, JournalError> {
        let is_member = |user: &&str| Ok(self.memberships(user)?.iter().any(|of| of == licensee));
        users.iter().map(is_member).collect()
    }

    /// When time alone changes each licensee next, the earliest first; one entry a licensee at most.
    fn timers(&self) -> Result<Vec<NextDue>, JournalError>;

    /// The snapshot of a stream, if there is a sound one.
    fn snapshot(&self, stream: &str) -> Result<Option<Snapshot>, JournalError>;

    /// The streams with the largest snapshots, the largest first, `limit` at most, each with the bytes of its own: a hint at
    /// what takes long to read.
    fn largest_snapshots(&self, limit: usize) -> Result<Vec<(String, u64)>, JournalError>;

    /// Keeps a snapshot in place of an older one; of a later one it changes nothing.
    fn put_snapshot(&self, stream: &str, snapshot: &Snapshot) -> Result<(), JournalError>;
}

/// What makes the account behind a block of events out of the one before it and the block.
pub type FoldBlock = fn(Option<&[u8]>, &[Event]) -> Option<Vec<u8>>;

/// How an index reads events, which it does not know itself.
#[derive(Debug, Clone, Copy)]
pub struct EventReader {
    /// What an event tells that the index keeps.
    pub read: fn(&Event) -> EventReading,
    /// The small state of a stream behind a block of its events: what the block before it came to (`None` before the first),
    /// and the block's events in order. `None` of a stream that has no such state, and where an event can't be read.
    pub fold_block: FoldBlock,
}

impl EventReader {
    /// Reads nothing out of any event, for whoever needs no more than the events themselves.
    pub const NOTHING: Self =
        Self { read: |_| EventReading { membership: None, concern: None }, fold_block: |_, _| None };
}

/// What an event tells that the index keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventReading {
    /// Whether someone became a member or ceased to be one.
    pub membership: Option<MembershipChange>,
    /// Whom it concerns; `None` for one that is found by its stream alone.
    pub concern: Option<Concern>,
}

/// Whom an event of a licensee concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concern {
    /// Every member: what was sold.
    Everybody,
    /// One user, by id.
    User(String),
}

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
