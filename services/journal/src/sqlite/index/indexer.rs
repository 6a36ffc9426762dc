//! The thread that fills the index behind the commits.

use std::{
    sync::Arc,
    time::{Duration, Instant as Moment},
};

use rusqlite::Connection;

use super::{
    SqliteIndex,
    fill::{self, Ids},
    read::{self, Place},
};
use crate::{
    Background, EventReader, Head, Journal, JournalError, Stopping,
    indexing::{CommandRow, Gatherer, Rows, rest_after},
    sqlite::{
        SqliteJournal,
        failure::{InFile, corrupt},
        key::CommitKey,
    },
};

/// How soon erasures are looked at again that could not be finished yet.
const ERASURE_RETRY: Duration = Duration::from_secs(1);
/// How long to wait for commits that wake the indexer themselves.
const IDLE_WAIT: Duration = Duration::from_secs(3600);

/// Starts to fill `index` from `journal`. When it is stopped, the transaction that is under way is the last one, whatever is
/// still to be indexed.
pub(in crate::sqlite) fn start(
    index: &Arc<SqliteIndex>,
    journal: &Arc<SqliteJournal>,
    reader: EventReader,
) -> Result<Background, JournalError> {
    let path = journal.path().to_owned();
    let work = Work {
        index: index.clone(),
        journal: journal.clone(),
        gatherer: Gatherer::new(reader, move |detail| corrupt(&path, detail)),
        reader,
        ids: Ids::default(),
    };
    Background::start("indexer", journal.watch(), move |stopping| work.run(&stopping))
        .map_err(|source| JournalError::Thread { source })
}

struct Work {
    index: Arc<SqliteIndex>,
    journal: Arc<SqliteJournal>,
    gatherer: Gatherer,
    reader: EventReader,
    ids: Ids,
}

impl Drop for Work {
    /// Also after a panic: nobody must wait for an indexer that is gone.
    fn drop(&mut self) {
        self.index.progress.stop();
    }
}

impl Work {
    fn run(mut self, stopping: &Stopping) {
        let watch = self.journal.watch();
        loop {
            // In this order: a stop after it was looked for wakes the wait below.
            let seen = watch.generation();
            if stopping.is_asked() {
                return;
            }
            let begun = Moment::now();
            match self.fill_once().and_then(|some| Ok((some, self.index.lag_records()?))) {
                Ok((true, lag_records)) => self.index.progress.rest(rest_after(begun.elapsed(), lag_records)),
                Ok((false, _)) => {
                    watch.wait_beyond(seen, self.finish_erasures());
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the indexer stops");
                    self.index.progress.fail(error);
                    return;
                }
            }
        }
    }

    /// Indexes as much as fits into one transaction; false when there is nothing to index.
    fn fill_once(&mut self) -> Result<bool, JournalError> {
        let rows = self.gather()?;
        if rows.marks.is_empty() {
            return Ok(false);
        }
        let heads: Vec<Head> = rows.marks.values().map(|mark| mark.head).collect();
        self.write(rows)?;
        self.index.progress.advance(heads);
        Ok(true)
    }

    fn write(&mut self, rows: Rows) -> Result<(), JournalError> {
        let path = &self.index.path;
        let mut writer = self.index.writer.lock();
        let transaction = writer.transaction().in_file(path)?;
        let reused = fill::write(&transaction, rows, &mut self.ids, self.reader).in_file(path)?;
        for command in &reused {
            self.keep_later_outcome(&transaction, command)?;
        }
        transaction.commit().in_file(path)
    }

    /// An id may be used anew once its time is over. The later outcome holds, whichever shard is indexed first.
    fn keep_later_outcome(&self, connection: &Connection, command: &CommandRow) -> Result<(), JournalError> {
        let path = &self.index.path;
        let Some((commit, place)) = read::place_of_key(connection, &command.key).in_file(path)? else {
            return Ok(());
        };
        let kept = (self.recorded_at_us(commit, place)?, commit, place);
        let offered = CommitKey::new(command.shard, command.number);
        if offered.is_none_or(|offered| kept >= (command.recorded_at_us, offered, command.place)) {
            return Ok(());
        }
        fill::replace_command(connection, command).in_file(path)
    }

    fn recorded_at_us(&self, commit: CommitKey, place: u32) -> Result<i64, JournalError> {
        let outcome = self.index.outcomes_of_commit(commit, &[Place { asked: 0, commit, in_commit: place }])?;
        Ok(outcome.first().map_or(i64::MIN, |stored| stored.outcome.recorded_at_us))
    }

    /// Collects commits that are not indexed yet.
    fn gather(&mut self) -> Result<Rows, JournalError> {
        let indexed = self.index.progress.heads();
        let ends = self.journal.heads()?;
        let behind = indexed.iter().zip(&ends).filter(|(indexed, end)| indexed.commit_number < end.commit_number);
        let behind = behind.map(|(indexed, _)| *indexed).collect();
        self.gatherer.gather(self.journal.as_ref(), behind)
    }

    /// Uses the time while there is nothing to index; gives how long to wait for the next commit.
    fn finish_erasures(&self) -> Duration {
        if let Err(error) = self.journal.finish_erasures_in_time() {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "traces of erased details cannot be removed yet: usher tries again"
            );
        }
        if self.journal.has_erasures_to_finish() { ERASURE_RETRY } else { IDLE_WAIT }
    }
}
