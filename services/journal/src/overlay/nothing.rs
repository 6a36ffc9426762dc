//! The store beneath where there is none: it is empty, and stays so.

use std::time::Duration;

use licensing::Instant;

use crate::{
    Batch, BlockState, EventBlock, FirstNamed, Head, HistoryFilter, Journal, JournalError, LicenseeDetails, Moment,
    NextDue, Page, PastIndex, Person, PersonalEvent, PersonalPlace, Positions, Snapshot, StatusReason, StoredCommit,
    StoredOutcome, StreamHead, StreamIndex, Watch,
};

/// An empty store.
pub(super) struct Nothing {
    shards: u16,
}

impl Nothing {
    pub(super) const fn new(shards: u16) -> Self {
        Self { shards }
    }

    fn empty_heads(&self) -> Vec<Head> {
        (0..self.shards).map(|shard| Head { shard, commit_number: 0, position: 0 }).collect()
    }
}

impl Journal for Nothing {
    fn shard_count(&self) -> u16 {
        self.shards
    }

    fn heads(&self) -> Result<Vec<Head>, JournalError> {
        Ok(self.empty_heads())
    }

    fn clock(&self) -> Result<Option<Instant>, JournalError> {
        Ok(None)
    }

    /// It has no room at all.
    fn append(&self, _batch: &Batch) -> Result<(), JournalError> {
        Err(JournalError::OverlayFull { bytes_max: 0 })
    }

    fn read(&self, _shard: u16, _after_commit: u64, _max_bytes: usize) -> Result<Vec<StoredCommit>, JournalError> {
        Ok(Vec::new())
    }

    fn watch(&self) -> Watch {
        Watch::default()
    }

    fn person(&self, _user: &str) -> Result<Option<Person>, JournalError> {
        Ok(None)
    }

    fn persons(&self, users: &[&str]) -> Result<Vec<Option<Person>>, JournalError> {
        Ok(vec![None; users.len()])
    }

    fn users_named(&self, _username: &str) -> Result<Vec<String>, JournalError> {
        Ok(Vec::new())
    }

    fn licensee_details(&self, _licensee: &str) -> Result<Option<LicenseeDetails>, JournalError> {
        Ok(None)
    }

    fn licensees_details(&self, licensees: &[&str]) -> Result<Vec<Option<LicenseeDetails>>, JournalError> {
        Ok(vec![None; licensees.len()])
    }

    fn status_reasons(&self, _user: &str) -> Result<Vec<StatusReason>, JournalError> {
        Ok(Vec::new())
    }
}

impl PastIndex for Nothing {
    fn blocks(&self, _stream: &str) -> Result<Vec<EventBlock>, JournalError> {
        Ok(Vec::new())
    }

    fn block_states(&self, _stream: &str, _versions: &[u64]) -> Result<Vec<BlockState>, JournalError> {
        Ok(Vec::new())
    }

    fn history_about(&self, _stream: &str, _user: &str, _filter: &HistoryFilter) -> Result<Page, JournalError> {
        Ok(Page { items: Vec::new(), more: false })
    }

    fn personal_events(
        &self,
        _stream: &str,
        _behind: Option<&PersonalPlace>,
        _descending: bool,
        _limit: usize,
    ) -> Result<Vec<PersonalEvent>, JournalError> {
        Ok(Vec::new())
    }

    fn personal_events_of(&self, _stream: &str, _users: &[&str]) -> Result<Vec<PersonalEvent>, JournalError> {
        Ok(Vec::new())
    }

    fn last_uses_at(&self, users: &[&str], _moment: &Moment) -> Result<Vec<Option<Instant>>, JournalError> {
        Ok(vec![None; users.len()])
    }

    fn memberships_ever(&self, _user: &str) -> Result<Vec<String>, JournalError> {
        Ok(Vec::new())
    }

    fn first_named(&self, _user: &str) -> Result<Option<FirstNamed>, JournalError> {
        Ok(None)
    }

    fn past_state(&self, _stream: &str, _version_max: u64) -> Result<Option<Snapshot>, JournalError> {
        Ok(None)
    }

    fn put_past_state(&self, _stream: &str, _state: &Snapshot) -> Result<(), JournalError> {
        Ok(())
    }
}

impl StreamIndex for Nothing {
    fn progress(&self) -> Result<Vec<Head>, JournalError> {
        Ok(self.empty_heads())
    }

    fn wait_until(&self, _shard: u16, number: u64, _timeout: Duration) -> Result<bool, JournalError> {
        Ok(number == 0)
    }

    fn wait_for(&self, positions: &Positions, _timeout: Duration) -> Result<bool, JournalError> {
        Ok(self.empty_heads().into_iter().collect::<Positions>().cover(positions))
    }

    fn wait_for_lag_below(&self, records: u64, _timeout: Duration) -> Result<bool, JournalError> {
        Ok(records > 0)
    }

    fn has_stream(&self, _stream: &str) -> Result<bool, JournalError> {
        Ok(false)
    }

    fn stream_head(&self, _stream: &str) -> Result<Option<StreamHead>, JournalError> {
        Ok(None)
    }

    fn history(&self, _stream: &str, _filter: &HistoryFilter) -> Result<Page, JournalError> {
        Ok(Page { items: Vec::new(), more: false })
    }

    fn outcomes(&self, command_ids: &[&str]) -> Result<Vec<Option<StoredOutcome>>, JournalError> {
        Ok(vec![None; command_ids.len()])
    }

    fn last_uses(&self, users: &[&str]) -> Result<Vec<Option<Instant>>, JournalError> {
        Ok(vec![None; users.len()])
    }

    fn memberships(&self, _user: &str) -> Result<Vec<String>, JournalError> {
        Ok(Vec::new())
    }

    fn timers(&self) -> Result<Vec<NextDue>, JournalError> {
        Ok(Vec::new())
    }

    fn snapshot(&self, _stream: &str) -> Result<Option<Snapshot>, JournalError> {
        Ok(None)
    }

    fn largest_snapshots(&self, _limit: usize) -> Result<Vec<(String, u64)>, JournalError> {
        Ok(Vec::new())
    }

    fn put_snapshot(&self, _stream: &str, _snapshot: &Snapshot) -> Result<(), JournalError> {
        Ok(())
    }
}
