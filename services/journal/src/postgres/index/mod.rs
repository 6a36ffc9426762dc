//! The index in the schema `usher_index`.

mod concerns;
mod fill;
mod fill_past;
pub(super) mod indexer;
mod inspect;
mod open;
mod past;
mod read;
mod snapshots;

use std::{sync::Arc, time::Duration};

use licensing::Instant;

use super::{journal::PostgresJournal, pool::Pool, schema::Meta};
use crate::{
    Head, Held, HistoryFilter, JournalError, NextDue, Page, Positions, Progress, Snapshot, StoredOutcome, StreamHead,
    StreamIndex,
};

/// The index of a database. Whoever holds a shard fills it with that shard's commits; everybody reads it.
pub(super) struct PostgresIndex {
    progress: Progress<JournalError>,
    readers: Arc<Pool>,
    journal: Arc<PostgresJournal>,
    held: Held,
}

impl PostgresIndex {
    /// Opens the index of `journal`, emptied if it can't be trusted.
    pub(super) fn open(
        readers: Arc<Pool>,
        journal: Arc<PostgresJournal>,
        held: Held,
        meta: &Meta,
    ) -> Result<Self, JournalError> {
        open::renew_unless_sound(&readers, meta)?;
        let heads = read::progress(&readers)?;
        Ok(Self { progress: Progress::new(heads), readers, journal, held })
    }

    /// Notes how far shards are that others fill; whether that is news.
    pub(super) fn meet(&self, heads: Vec<Head>) -> bool {
        let known = self.progress.heads();
        let is_news = heads.iter().any(|head| known.get(usize::from(head.shard)).is_some_and(|known| known != head));
        if is_news {
            self.progress.advance(heads);
        }
        is_news
    }

    /// Reads, unless the index is known not to be filled any more.
    fn reading(&self) -> Result<&Pool, JournalError> {
        self.progress.check()?;
        Ok(&self.readers)
    }

    /// Committed records that this process still has to index.
    ///
    /// Those of shards that others hold grow, and are indexed, without this process; where it holds none, all count.
    pub(super) fn lag_records(&self) -> u64 {
        let shards = self.held.shards();
        let counts = |head: &Head| shards.is_empty() || shards.binary_search(&head.shard).is_ok();
        let lags = self.journal.known_ends().into_iter().zip(self.progress.heads());
        lags.filter(|(end, _)| counts(end)).map(|(end, indexed)| end.position.saturating_sub(indexed.position)).sum()
    }
}

impl StreamIndex for PostgresIndex {
    fn progress(&self) -> Result<Vec<Head>, JournalError> {
        self.progress.check()?;
        Ok(self.progress.heads())
    }

    fn wait_until(&self, shard: u16, number: u64, timeout: Duration) -> Result<bool, JournalError> {
        self.journal.check_shard(shard)?;
        self.progress.wait_until_commit(shard, number, timeout)
    }

    fn wait_for(&self, positions: &Positions, timeout: Duration) -> Result<bool, JournalError> {
        self.progress.wait_until_at(positions, timeout)
    }

    fn wait_for_lag_below(&self, records: u64, timeout: Duration) -> Result<bool, JournalError> {
        self.progress.wait_for(timeout, || Ok(self.lag_records() < records))
    }

    fn has_stream(&self, stream: &str) -> Result<bool, JournalError> {
        read::has_stream(self.reading()?, stream)
    }

    fn stream_head(&self, stream: &str) -> Result<Option<StreamHead>, JournalError> {
        read::stream_head(self.reading()?, stream)
    }

    fn history(&self, stream: &str, filter: &HistoryFilter) -> Result<Page, JournalError> {
        read::history(self.reading()?, stream, filter)
    }

    fn outcomes(&self, command_ids: &[&str]) -> Result<Vec<Option<StoredOutcome>>, JournalError> {
        read::outcomes(self.reading()?, &self.journal, command_ids)
    }

    fn last_uses(&self, users: &[&str]) -> Result<Vec<Option<Instant>>, JournalError> {
        read::last_uses(self.reading()?, users)
    }

    fn memberships(&self, user: &str) -> Result<Vec<String>, JournalError> {
        read::memberships(self.reading()?, user)
    }

    fn are_members(&self, licensee: &str, users: &[&str]) -> Result<Vec<bool>, JournalError> {
        read::are_members(self.reading()?, licensee, users)
    }

    fn timers(&self) -> Result<Vec<NextDue>, JournalError> {
        read::timers(self.reading()?)
    }

    fn snapshot(&self, stream: &str) -> Result<Option<Snapshot>, JournalError> {
        snapshots::get(self.reading()?, stream)
    }

    fn largest_snapshots(&self, limit: usize) -> Result<Vec<(String, u64)>, JournalError> {
        snapshots::largest(self.reading()?, limit)
    }

    fn put_snapshot(&self, stream: &str, snapshot: &Snapshot) -> Result<(), JournalError> {
        snapshots::put(self.reading()?, stream, snapshot)
    }
}
