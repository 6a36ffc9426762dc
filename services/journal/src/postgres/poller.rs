//! The thread that notices what other processes did.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    append::read_head, failure::Failure, index::PostgresIndex, journal::PostgresJournal, patience::Pauses, pool::Pool,
    value::unsigned,
};
use crate::{Background, Head, Held, JournalError, Stopping, Watch};

/// How often it is looked while something happens.
const PERIOD: Duration = Duration::from_millis(20);
/// How often it is looked when nothing happened for a while: less, so that a store at rest costs next to nothing.
const PERIOD_AT_REST: Duration = Duration::from_millis(50);
/// After how long nothing counts as happening.
const REST_AFTER: Duration = Duration::from_secs(5);

/// Starts to look after what others append to `journal` and fill into `index`.
pub(super) fn start(
    pool: Arc<Pool>,
    journal: Arc<PostgresJournal>,
    index: Arc<PostgresIndex>,
    held: Held,
) -> Result<Background, JournalError> {
    let work = Work { pool, journal, index, held };
    Background::start("poller", Watch::default(), move |stopping| work.run(&stopping))
        .map_err(|source| JournalError::Thread { source })
}

struct Work {
    pool: Arc<Pool>,
    journal: Arc<PostgresJournal>,
    index: Arc<PostgresIndex>,
    held: Held,
}

impl Work {
    fn run(&self, stopping: &Stopping) {
        let held_changes = self.held.watch();
        let mut seen_held = held_changes.generation();
        let mut last_news = Instant::now();
        let mut pauses = Pauses::default();
        while !stopping.is_asked() {
            if held_changes.generation() != seen_held {
                seen_held = held_changes.generation();
                // The indexer has other shards to look after now.
                self.journal.wake();
            }
            let wait = match self.look() {
                Ok(is_news) => {
                    pauses = Pauses::default();
                    if is_news {
                        last_news = Instant::now();
                    }
                    if last_news.elapsed() < REST_AFTER { PERIOD } else { PERIOD_AT_REST }
                }
                Err(error) => {
                    if !pauses.is_any() {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, "cannot look at the database: trying again until it answers");
                    }
                    pauses.next()
                }
            };
            stopping.pause(wait);
        }
    }

    /// Looks once; whether anything has changed.
    fn look(&self) -> Result<bool, JournalError> {
        let both = self.pool.query_all(
            "SELECT h.shard, h.commit_number, h.position, p.commit_number, p.position
             FROM usher.heads h JOIN usher_index.progress p ON p.shard = h.shard ORDER BY h.shard",
            &[],
            |row| {
                let head = read_head(row)?;
                let indexed = Head { commit_number: unsigned(row, 3)?, position: unsigned(row, 4)?, ..head };
                Ok::<_, Failure>((head, indexed))
            },
        )?;
        let has_commits = self.journal.meet(both.iter().map(|(head, _)| *head));
        // Of the shards that are held the indexer knows better: this look may be older than its last transaction.
        let by_others = both.into_iter().map(|(_, indexed)| indexed).filter(|head| !self.held.contains(head.shard));
        Ok(self.index.meet(by_others.collect()) || has_commits)
    }
}
