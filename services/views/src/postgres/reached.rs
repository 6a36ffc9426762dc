//! How far the tables are, whoever feeds them.

use std::{
    sync::Arc,
    time::{Duration, Instant as Stopwatch},
};

use journal::{Head, Positions, Progress};
use parking_lot::Mutex;

use super::{
    database::Database,
    marks::{self, MadeAt, Marks},
};
use crate::{Feeds, ViewsError};

/// While somebody waits for what another process feeds, the tables are asked this often, by one who waits for all.
const LOOK_EVERY: Duration = Duration::from_millis(8);

/// How far the tables are known to be.
pub(super) struct Reached {
    database: Database,
    feeds: Feeds,
    progress: Arc<Progress<ViewsError>>,
    /// Of the tables that `progress` is about.
    made_at: Mutex<MadeAt>,
    /// When the tables were last asked; locked while they are.
    asked: Mutex<Stopwatch>,
}

impl Reached {
    pub(super) fn new(database: Database, feeds: Feeds, marks: &Marks) -> Self {
        Self {
            database,
            feeds,
            progress: Arc::new(Progress::new(marks.heads())),
            made_at: Mutex::new(marks.made_at),
            asked: Mutex::new(Stopwatch::now()),
        }
    }

    /// What is told when feeding them here ends.
    pub(super) fn progress(&self) -> &Progress<ViewsError> {
        &self.progress
    }

    pub(super) fn positions(&self) -> Positions {
        self.progress.heads().into_iter().collect()
    }

    /// Notes how far some shards are. In tables that were made anew since, they may be less far than before.
    pub(super) fn note(&self, made_at: MadeAt, heads: Vec<Head>) {
        let mut known = self.made_at.lock();
        if made_at < *known {
            return;
        }
        let is_anew = made_at > std::mem::replace(&mut *known, made_at);
        let reached = self.progress.heads();
        let of = |shard: u16| reached.get(usize::from(shard)).map_or(0, |head| head.commit_number);
        // Whoever asked may be told later than whoever fed.
        self.progress.advance(heads.into_iter().filter(|head| is_anew || head.commit_number > of(head.shard)));
    }

    /// Asks the tables how far they are, unless somebody does or did so less than `age` ago.
    pub(super) fn look(&self, age: Duration) -> Result<(), ViewsError> {
        let Some(mut asked) = self.asked.try_lock() else { return Ok(()) };
        if asked.elapsed() < age {
            return Ok(());
        }
        let outcome = self.database.read(marks::all);
        *asked = Stopwatch::now();
        let marks = outcome?;
        self.note(marks.made_at, marks.heads());
        Ok(())
    }

    /// Waits until the tables are at `wanted`, at most for `timeout`; whether they are.
    pub(super) fn wait_for(&self, wanted: &Positions, timeout: Duration) -> Result<bool, ViewsError> {
        let deadline = Stopwatch::now().checked_add(timeout);
        loop {
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Stopwatch::now()));
            if self.progress.wait_until_at(wanted, Duration::ZERO)? {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
            if !self.feeds_missing(wanted) {
                self.look(LOOK_EVERY)?;
            }
            self.progress.wait_until_at(wanted, left.min(LOOK_EVERY))?;
        }
    }

    /// Whether all that is missing of `wanted` is fed here, so that whoever feeds it tells of it.
    pub(super) fn feeds_missing(&self, wanted: &Positions) -> bool {
        let reached = self.positions();
        let mut missing = wanted.iter().filter(|wanted| reached.of(wanted.shard) < Some(wanted.position));
        missing.all(|missing| self.feeds.contains(missing.shard))
    }
}
