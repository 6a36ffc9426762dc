//! The thread that fills the index behind the commits of the shards that this process holds.

use std::{
    sync::Arc,
    time::{Duration, Instant as Moment},
};

use super::{PostgresIndex, fill, read};
use crate::{
    Background, EventReader, Head, Journal, JournalError, Stopping,
    indexing::{Gatherer, rest_after},
    postgres::{erasure::Erasure, failure::damaged, journal::PostgresJournal, patience::Pauses, pool::Pool},
};

/// How long to wait for what wakes the indexer itself; then there is time to look after erasures.
const IDLE_WAIT: Duration = Duration::from_secs(1);

/// Starts to fill `index` from `journal` over connections of `pool`. When it is stopped, the transaction that is under way
/// is the last one, whatever is still to be indexed.
pub(in crate::postgres) fn start(
    pool: &Arc<Pool>,
    index: &Arc<PostgresIndex>,
    journal: &Arc<PostgresJournal>,
    reader: EventReader,
) -> Result<Background, JournalError> {
    let server = pool.server().to_owned();
    let work = Work {
        pool: pool.clone(),
        index: index.clone(),
        journal: journal.clone(),
        gatherer: Gatherer::new(reader, move |detail| damaged(&server, detail)),
        reader,
        erasure: Erasure::new(),
    };
    Background::start("indexer", journal.watch(), move |stopping| work.run(&stopping))
        .map_err(|source| JournalError::Thread { source })
}

struct Work {
    pool: Arc<Pool>,
    index: Arc<PostgresIndex>,
    journal: Arc<PostgresJournal>,
    gatherer: Gatherer,
    reader: EventReader,
    erasure: Erasure,
}

impl Drop for Work {
    /// Also after a panic: nobody must wait for an indexer that is gone.
    fn drop(&mut self) {
        self.index.progress.stop();
    }
}

/// What a transaction came to.
enum Filled {
    Nothing,
    Some,
    /// Somebody else had filled the same shards.
    Overtaken,
}

impl Work {
    fn run(mut self, stopping: &Stopping) {
        let watch = self.journal.watch();
        let mut pauses = Pauses::default();
        loop {
            // In this order: a stop after it was looked for wakes the wait below.
            let seen = watch.generation();
            if stopping.is_asked() {
                return;
            }
            let begun = Moment::now();
            match self.step() {
                Ok(Filled::Some) => {
                    pauses = Pauses::default();
                    self.index.progress.rest(rest_after(begun.elapsed(), self.index.lag_records()));
                }
                Ok(Filled::Overtaken) => pauses = Pauses::default(),
                Ok(Filled::Nothing) => {
                    pauses = Pauses::default();
                    watch.wait_beyond(seen, IDLE_WAIT);
                }
                Err(error @ JournalError::Corrupt { .. }) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the indexer stops");
                    self.index.progress.fail(error);
                    return;
                }
                // A server that is away, full or overburdened comes back.
                Err(error) => {
                    if !pauses.is_any() {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, "cannot fill the index: trying again until it can be");
                    }
                    stopping.pause(pauses.next());
                }
            }
        }
    }

    fn step(&mut self) -> Result<Filled, JournalError> {
        let filled = self.fill_once();
        match &filled {
            Ok(Filled::Nothing) => self.finish_erasures(),
            Ok(Filled::Some) => {}
            // What the server has is what counts.
            Ok(Filled::Overtaken) | Err(_) => self.index.progress.advance(read::progress(&self.pool)?),
        }
        filled
    }

    /// Indexes as much as fits into one transaction.
    fn fill_once(&mut self) -> Result<Filled, JournalError> {
        let behind = self.behind();
        let rows = self.gatherer.gather(self.journal.as_ref(), behind.clone())?;
        if rows.marks.is_empty() {
            return Ok(Filled::Nothing);
        }
        let before: Vec<Head> = behind.into_iter().filter(|head| rows.marks.contains_key(&head.shard)).collect();
        if !self.pool.write_again(|transaction| fill::write(transaction, &rows, &before, self.reader))? {
            return Ok(Filled::Overtaken);
        }
        self.index.progress.advance(rows.marks.values().map(|mark| mark.head));
        Ok(Filled::Some)
    }

    /// The ends, in the index, of the shards that are held here and behind the journal; in the order of the shards.
    fn behind(&self) -> Vec<Head> {
        let ends = self.journal.known_ends();
        let indexed = self.index.progress.heads();
        let behind = indexed.iter().zip(&ends).filter(|(indexed, end)| indexed.commit_number < end.commit_number);
        behind.map(|(indexed, _)| *indexed).filter(|head| self.index.held.contains(head.shard)).collect()
    }

    /// Uses the time while there is nothing to index.
    fn finish_erasures(&self) {
        if let Err(error) = self.erasure.finish_in_time(&self.pool) {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "traces of erased details cannot be cleared away yet: usher tries again");
        }
    }
}
