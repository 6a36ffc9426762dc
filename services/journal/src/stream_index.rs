//! The port to the index: what was committed, by stream, command, user and licensee.

use std::time::Duration;

use licensing::Instant;

use crate::{
    Head, HistoryFilter, JournalError, NextDue, Page, PastIndex, Positions, Snapshot, StoredEvent, StoredOutcome,
    StreamHead,
};

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
    fn stream(&self, stream: &str, after_version: u64, limit: usize) -> Result<Vec<StoredEvent>, JournalError> {
        let filter = HistoryFilter { after_version, limit, ..HistoryFilter::default() };
        self.history(stream, &filter).map(|page| page.items)
    }

    /// One page of a stream's history.
    fn history(&self, stream: &str, filter: &HistoryFilter) -> Result<Page, JournalError>;

    /// The outcome of a command; of one id used twice, the one recorded later.
    fn outcome(&self, command_id: &str) -> Result<Option<StoredOutcome>, JournalError> {
        self.outcomes(&[command_id]).map(|outcomes| outcomes.into_iter().next().flatten())
    }

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
