//! An index that lets a test see, hold up and turn away who looks into it.

use std::{sync::Arc, thread, time::Duration};

use journal::{
    BlockState, EventBlock, FirstNamed, Head, Held, HistoryFilter, JournalError, Moment, NextDue, Page, PastIndex,
    PersonalEvent, PersonalPlace, Positions, Snapshot, StoredEvent, StoredOutcome, StreamHead, StreamIndex,
};
use licensing::Instant;

/// What somebody is about to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The snapshot of a stream.
    Snapshot(String),
    /// When users were last seen at work.
    LastUses,
    /// How far a shard that stands still is.
    Standing(u16),
}

/// Is told what a thread of this name is about to look at, which waits until this returns, and fails if this does.
pub type Observer = Box<dyn Fn(&str, Look) -> Result<(), JournalError> + Send + Sync>;

/// An index with somebody who watches.
pub struct Observed {
    pub index: Arc<dyn StreamIndex>,
    pub observer: Observer,
    /// The streams with large snapshots, so that no test has to make any.
    pub largest: Vec<(String, u64)>,
    /// Shards of which it does not get any further, however long somebody waits.
    pub standing: Held,
}

impl Observed {
    /// An index that is only watched.
    pub fn new(index: Arc<dyn StreamIndex>, observer: Observer) -> Self {
        Self { index, observer, largest: Vec::new(), standing: Held::default() }
    }

    fn tell(&self, look: Look) -> Result<(), JournalError> {
        (self.observer)(thread::current().name().unwrap_or_default(), look)
    }
}

impl PastIndex for Observed {
    fn blocks(&self, stream: &str) -> Result<Vec<EventBlock>, JournalError> {
        self.index.blocks(stream)
    }

    fn block_states(&self, stream: &str, versions: &[u64]) -> Result<Vec<BlockState>, JournalError> {
        self.index.block_states(stream, versions)
    }

    fn history_about(&self, stream: &str, user: &str, filter: &HistoryFilter) -> Result<Page, JournalError> {
        self.index.history_about(stream, user, filter)
    }

    fn personal_events(
        &self,
        stream: &str,
        behind: Option<&PersonalPlace>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<PersonalEvent>, JournalError> {
        self.index.personal_events(stream, behind, descending, limit)
    }

    fn personal_events_of(&self, stream: &str, users: &[&str]) -> Result<Vec<PersonalEvent>, JournalError> {
        self.index.personal_events_of(stream, users)
    }

    fn last_uses_at(&self, users: &[&str], moment: &Moment) -> Result<Vec<Option<Instant>>, JournalError> {
        self.index.last_uses_at(users, moment)
    }

    fn memberships_ever(&self, user: &str) -> Result<Vec<String>, JournalError> {
        self.index.memberships_ever(user)
    }

    fn first_named(&self, user: &str) -> Result<Option<FirstNamed>, JournalError> {
        self.index.first_named(user)
    }

    fn past_state(&self, stream: &str, version_max: u64) -> Result<Option<Snapshot>, JournalError> {
        self.index.past_state(stream, version_max)
    }

    fn put_past_state(&self, stream: &str, state: &Snapshot) -> Result<(), JournalError> {
        self.index.put_past_state(stream, state)
    }
}

impl StreamIndex for Observed {
    fn snapshot(&self, stream: &str) -> Result<Option<Snapshot>, JournalError> {
        self.tell(Look::Snapshot(stream.to_owned()))?;
        self.index.snapshot(stream)
    }

    fn progress(&self) -> Result<Vec<Head>, JournalError> {
        self.index.progress()
    }

    fn wait_until(&self, shard: u16, number: u64, timeout: Duration) -> Result<bool, JournalError> {
        if self.standing.contains(shard) {
            self.tell(Look::Standing(shard))?;
            thread::sleep(timeout.min(Duration::from_millis(5)));
            return Ok(false);
        }
        self.index.wait_until(shard, number, timeout)
    }

    fn wait_for(&self, positions: &Positions, timeout: Duration) -> Result<bool, JournalError> {
        self.index.wait_for(positions, timeout)
    }

    fn wait_for_lag_below(&self, records: u64, timeout: Duration) -> Result<bool, JournalError> {
        self.index.wait_for_lag_below(records, timeout)
    }

    fn has_stream(&self, stream: &str) -> Result<bool, JournalError> {
        self.index.has_stream(stream)
    }

    fn stream_head(&self, stream: &str) -> Result<Option<StreamHead>, JournalError> {
        self.index.stream_head(stream)
    }

    fn stream(&self, stream: &str, after_version: u64, limit: usize) -> Result<Vec<StoredEvent>, JournalError> {
        self.index.stream(stream, after_version, limit)
    }

    fn history(&self, stream: &str, filter: &HistoryFilter) -> Result<Page, JournalError> {
        self.index.history(stream, filter)
    }

    fn outcome(&self, command_id: &str) -> Result<Option<StoredOutcome>, JournalError> {
        self.index.outcome(command_id)
    }

    fn outcomes(&self, command_ids: &[&str]) -> Result<Vec<Option<StoredOutcome>>, JournalError> {
        self.index.outcomes(command_ids)
    }

    fn last_uses(&self, users: &[&str]) -> Result<Vec<Option<Instant>>, JournalError> {
        self.tell(Look::LastUses)?;
        self.index.last_uses(users)
    }

    fn memberships(&self, user: &str) -> Result<Vec<String>, JournalError> {
        self.index.memberships(user)
    }

    fn timers(&self) -> Result<Vec<NextDue>, JournalError> {
        self.index.timers()
    }

    fn largest_snapshots(&self, limit: usize) -> Result<Vec<(String, u64)>, JournalError> {
        Ok(self.largest.iter().take(limit).cloned().collect())
    }

    fn put_snapshot(&self, stream: &str, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.index.put_snapshot(stream, snapshot)
    }
}
