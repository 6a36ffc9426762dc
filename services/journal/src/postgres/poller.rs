//! The thread that notices what other processes did.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    append::read_head, failure::Failure, index::PostgresIndex, journal::PostgresJournal, patience::Pauses, pool::Pool,
    value::unsigned,
};
use crate::{Head, Held, JournalError, Watch};

/// How often it is looked while something happens.
const PERIOD: Duration = Duration::from_millis(20);
/// How often it is looked when nothing happened for a while: less, so that a store at rest costs next to nothing.
const PERIOD_AT_REST: Duration = Duration::from_millis(50);
/// After how long nothing counts as happening.
const REST_AFTER: Duration = Duration::from_secs(5);

/// The running poller; stopped and joined on drop.
pub(super) struct Poller {
    is_stopping: Arc<AtomicBool>,
    wake: Watch,
    thread: Option<JoinHandle<()>>,
}

impl Poller {
    /// Starts to look after what others append to `journal` and fill into `index`.
    pub(super) fn start(
        pool: Arc<Pool>,
        journal: Arc<PostgresJournal>,
        index: Arc<PostgresIndex>,
        held: Held,
    ) -> Result<Self, JournalError> {
        let is_stopping = Arc::new(AtomicBool::new(false));
        let wake = Watch::default();
        let work = Work { pool, journal, index, held, is_stopping: is_stopping.clone(), wake: wake.clone() };
        let thread = thread::Builder::new()
            .name("poller".to_owned())
            .spawn(move || work.run())
            .map_err(|source: io::Error| JournalError::Thread { source })?;
        Ok(Self { is_stopping, wake, thread: Some(thread) })
    }

    /// Stops after the look that is under way.
    pub(super) fn stop(&mut self) {
        self.is_stopping.store(true, Ordering::Release);
        self.wake.notify();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the poller panicked");
        }
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Work {
    pool: Arc<Pool>,
    journal: Arc<PostgresJournal>,
    index: Arc<PostgresIndex>,
    held: Held,
    is_stopping: Arc<AtomicBool>,
    wake: Watch,
}

impl Work {
    fn run(self) {
        let held_changes = self.held.watch();
        let mut seen_held = held_changes.generation();
        let mut last_news = Instant::now();
        let mut pauses = Pauses::default();
        loop {
            let seen = self.wake.generation();
            if self.is_stopping.load(Ordering::Acquire) {
                return;
            }
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
            self.wake.wait_beyond(seen, wait);
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
