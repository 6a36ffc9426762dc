//! The index in `index.db`.

mod concerns;
mod fill;
mod fill_past;
pub(super) mod indexer;
mod inspect;
mod open;
mod past;
mod read;
mod snapshots;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use licensing::Instant;
use parking_lot::Mutex;
use rusqlite::Connection;

use super::{
    INDEX_FILE, SqliteJournal, connection,
    failure::{InFile, classify, corrupt},
    key::CommitKey,
    pool::Pool,
};
use crate::{
    Head, HistoryFilter, Journal, JournalError, NextDue, Page, Position, Positions, Progress, Snapshot, StoredOutcome,
    StreamHead, StreamIndex, indexing::outcomes_at,
};

/// The index of a folder.
pub struct SqliteIndex {
    path: PathBuf,
    progress: Progress<JournalError>,
    readers: Pool<JournalError>,
    writer: Mutex<Connection>,
    journal: Arc<SqliteJournal>,
}

impl SqliteIndex {
    /// Opens the index in `folder`, or starts an empty one if there is none that belongs to `journal`.
    pub(super) fn open(folder: &Path, journal: &Arc<SqliteJournal>) -> Result<Self, JournalError> {
        let path = folder.join(INDEX_FILE);
        let writer = open::open_or_renew(&path, journal)?;
        let heads = read::progress(&writer).in_file(&path)?;
        Ok(Self {
            progress: Progress::new(heads),
            readers: Pool::new(&path, connection::open_read_only, classify),
            writer: Mutex::new(writer),
            journal: journal.clone(),
            path,
        })
    }

    /// Reads, unless the index is known not to be filled any more.
    fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, JournalError> {
        self.progress.check()?;
        self.readers.read(query)
    }

    /// Fetches outcomes that lie in one commit, in the order of `places`.
    fn outcomes_of_commit(&self, key: CommitKey, places: &[read::Place]) -> Result<Vec<StoredOutcome>, JournalError> {
        let disagreement = || corrupt(&self.path, "it names an outcome that journal.db does not hold");
        let stored = self.journal.commit(key.shard(), key.number())?.ok_or_else(disagreement)?;
        let in_commit = places.iter().map(|place| place.in_commit);
        let outcomes = outcomes_at(&stored, in_commit.clone()).ok_or_else(disagreement)?;
        let stored_outcome = |(place, outcome)| {
            let position = stored.first_position.saturating_add(u64::from(place));
            StoredOutcome { position: Position { shard: stored.shard, position }, outcome }
        };
        Ok(in_commit.zip(outcomes).map(stored_outcome).collect())
    }

    pub(super) fn lag_records(&self) -> Result<u64, JournalError> {
        let indexed = self.progress.heads();
        let lags = self.journal.heads()?.into_iter().zip(indexed);
        Ok(lags.map(|(head, indexed)| head.position.saturating_sub(indexed.position)).sum())
    }
}

impl StreamIndex for SqliteIndex {
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
        self.progress.wait_for(timeout, || Ok(self.lag_records()? < records))
    }

    fn has_stream(&self, stream: &str) -> Result<bool, JournalError> {
        self.read(|connection| read::stream_id(connection, stream)).map(|id| id.is_some())
    }

    fn stream_head(&self, stream: &str) -> Result<Option<StreamHead>, JournalError> {
        self.read(|connection| read::stream_head(connection, stream))
    }

    fn history(&self, stream: &str, filter: &HistoryFilter) -> Result<Page, JournalError> {
        self.read(|connection| read::history(connection, stream, filter))
    }

    fn outcomes(&self, command_ids: &[&str]) -> Result<Vec<Option<StoredOutcome>>, JournalError> {
        let mut places = self.read(|connection| read::places(connection, command_ids))?;
        // Each commit is read once, however many of its outcomes are wanted.
        places.sort_unstable_by_key(|place| place.commit);
        let mut outcomes = vec![None; command_ids.len()];
        for of_commit in places.chunk_by(|one, other| one.commit == other.commit) {
            let Some(first) = of_commit.first() else { continue };
            let found = self.outcomes_of_commit(first.commit, of_commit)?;
            for (place, outcome) in of_commit.iter().zip(found) {
                if let Some(slot) = outcomes.get_mut(place.asked) {
                    *slot = Some(outcome);
                }
            }
        }
        Ok(outcomes)
    }

    fn last_uses(&self, users: &[&str]) -> Result<Vec<Option<Instant>>, JournalError> {
        self.read(|connection| users.iter().map(|user| read::last_use(connection, user)).collect())
    }

    fn memberships(&self, user: &str) -> Result<Vec<String>, JournalError> {
        self.read(|connection| read::memberships(connection, user))
    }

    fn are_members(&self, licensee: &str, users: &[&str]) -> Result<Vec<bool>, JournalError> {
        self.read(|connection| users.iter().map(|user| read::is_member(connection, licensee, user)).collect())
    }

    fn timers(&self) -> Result<Vec<NextDue>, JournalError> {
        self.read(read::timers)
    }

    fn snapshot(&self, stream: &str) -> Result<Option<Snapshot>, JournalError> {
        self.read(|connection| snapshots::get(connection, stream))
    }

    fn largest_snapshots(&self, limit: usize) -> Result<Vec<(String, u64)>, JournalError> {
        self.read(|connection| snapshots::largest(connection, limit))
    }

    fn put_snapshot(&self, stream: &str, snapshot: &Snapshot) -> Result<(), JournalError> {
        self.progress.check()?;
        snapshots::put(&self.writer.lock(), stream, snapshot).in_file(&self.path)
    }
}
