//! The thread that feeds something with the commits of a source.

use std::{sync::Arc, time::Duration};

use journal::{Background, Head, Progress, Stopping, StoredCommit};

use crate::{ViewsError, source::Source};

/// Records that are fed at one go; more only if a single commit has more.
const RECORDS_MAX: usize = 20_000;
/// Bytes of commits that are fed at one go; more only if a single commit has more.
const BLOCK_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The first pause after an error that passes; each further one is twice as long, up to the longest.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// How long whoever feeds tables rests behind each transaction: a few commits at one go cost hardly more than one.
pub(crate) const TABLES_REST: Duration = Duration::from_millis(10);

/// What commits are fed to.
pub(crate) trait Fed: Send + 'static {
    /// Up to where each shard is fed; shards that are left out are not fed now.
    fn fed(&mut self) -> Result<Vec<Head>, ViewsError>;

    /// Takes in commits, of each shard the next ones.
    fn feed(&mut self, commits: &[StoredCommit]) -> Result<(), ViewsError>;

    /// How long to wait at most for commits that wake the follower themselves.
    fn idle_wait(&self) -> Duration;

    /// How long to rest once something was fed, unless somebody waits for more.
    fn rest(&self) -> Duration;

    /// Is told when feeding ends, in whatever way.
    fn progress(&self) -> &Progress<ViewsError>;
}

/// Starts to feed, on a thread of this name. When it is stopped, what is under way is the last that is fed.
pub(crate) fn start(name: &'static str, source: Arc<dyn Source>, fed: impl Fed) -> Result<Background, ViewsError> {
    let commits = source.watch();
    let work = Work { source, fed, first_shard: 0 };
    Background::start(name, commits, move |stopping| work.run(&stopping)).map_err(ViewsError::Thread)
}

struct Work<F: Fed> {
    source: Arc<dyn Source>,
    fed: F,
    /// Where to begin next, so that a busy shard does not starve those behind it.
    first_shard: u16,
}

impl<F: Fed> Drop for Work<F> {
    /// Also after a panic: nobody must wait for a follower that is gone.
    fn drop(&mut self) {
        self.fed.progress().stop();
    }
}

impl<F: Fed> Work<F> {
    fn run(mut self, stopping: &Stopping) {
        let commits = self.source.watch();
        let mut pause = PAUSE_MIN;
        loop {
            // In this order: a stop after it was looked for wakes the wait below.
            let seen = commits.generation();
            if stopping.is_asked() {
                return;
            }
            match self.feed_once() {
                Ok(true) => {
                    pause = PAUSE_MIN;
                    self.fed.progress().rest(self.fed.rest());
                }
                Ok(false) => {
                    pause = PAUSE_MIN;
                    commits.wait_beyond(seen, self.fed.idle_wait());
                }
                Err(error) if error.passes() => {
                    tracing::warn!(error = &error as &dyn std::error::Error, ?pause, "the views wait for the database");
                    stopping.pause(pause);
                    pause = pause.saturating_mul(2).min(PAUSE_MAX);
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the follower of the views stops");
                    self.fed.progress().fail(error);
                    return;
                }
            }
        }
    }

    /// Feeds as much as is fed at one go; false when there is nothing to feed.
    fn feed_once(&mut self) -> Result<bool, ViewsError> {
        let commits = self.gather()?;
        if commits.is_empty() {
            return Ok(false);
        }
        self.fed.feed(&commits)?;
        Ok(true)
    }

    /// Collects commits that are not fed yet, shard by shard, within the bounds.
    ///
    /// All shards are followed to one moment of the source: unless there is too much for one go, whatever was written at
    /// one go appears at one go, in however many shards it lies.
    fn gather(&mut self) -> Result<Vec<StoredCommit>, ViewsError> {
        let fed = self.fed.fed()?;
        if fed.is_empty() {
            return Ok(Vec::new());
        }
        let ends = self.source.known_heads()?;
        let end_of = |fed: Head| ends.get(usize::from(fed.shard)).map(|end| (fed, *end));
        let behind = fed.into_iter().filter_map(end_of).filter(|(fed, end)| fed.commit_number < end.commit_number);
        let (before, from_first): (Vec<_>, Vec<_>) = behind.partition(|(fed, _)| fed.shard < self.first_shard);
        let mut gathered = Gathered::default();
        for (fed, end) in from_first.into_iter().chain(before) {
            if gathered.is_full() {
                break;
            }
            self.gather_shard(fed, end, &mut gathered)?;
            self.first_shard = fed.shard.saturating_add(1);
        }
        Ok(gathered.commits)
    }

    fn gather_shard(&self, fed: Head, end: Head, gathered: &mut Gathered) -> Result<(), ViewsError> {
        let bytes_left = BLOCK_BYTES_MAX.saturating_sub(gathered.block_bytes);
        let commits = self.source.read(fed.shard, fed.commit_number, bytes_left)?;
        if commits.is_empty() {
            return Err(ViewsError::MissingCommits { shard: fed.shard });
        }
        for commit in commits.into_iter().take_while(|commit| commit.number <= end.commit_number) {
            if !gathered.has_room_for(&commit) {
                break;
            }
            gathered.add(commit);
        }
        Ok(())
    }
}

/// The commits that are fed at one go.
#[derive(Default)]
struct Gathered {
    commits: Vec<StoredCommit>,
    records: usize,
    block_bytes: usize,
}

impl Gathered {
    fn is_full(&self) -> bool {
        self.records >= RECORDS_MAX || self.block_bytes >= BLOCK_BYTES_MAX
    }

    fn has_room_for(&self, commit: &StoredCommit) -> bool {
        self.commits.is_empty() || self.records.saturating_add(commit.records as usize) <= RECORDS_MAX
    }

    fn add(&mut self, commit: StoredCommit) {
        self.records += commit.records as usize;
        self.block_bytes += commit.block.len();
        self.commits.push(commit);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use journal::{Positions, Watch};
    use licensing::Instant;
    use parking_lot::Mutex;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// So many commits of one shard, without a record in them.
    #[derive(Default)]
    struct Commits {
        count: Mutex<u64>,
        watch: Watch,
    }

    impl Commits {
        fn add(&self) {
            *self.count.lock() += 1;
            self.watch.notify();
        }
    }

    fn commit(number: u64) -> StoredCommit {
        let (records, recorded_at) = (1, Instant::from_timestamp(0, 0).unwrap());
        StoredCommit { shard: 0, number, first_position: number, records, recorded_at, checksum: 0, block: Vec::new() }
    }

    impl Source for Commits {
        fn known_heads(&self) -> Result<Vec<Head>, ViewsError> {
            let count = *self.count.lock();
            Ok(vec![Head { shard: 0, commit_number: count, position: count }])
        }

        fn read(&self, _shard: u16, after_commit: u64, _max_bytes: usize) -> Result<Vec<StoredCommit>, ViewsError> {
            Ok((after_commit + 1..=*self.count.lock()).map(commit).collect())
        }

        fn watch(&self) -> Watch {
            self.watch.clone()
        }
    }

    /// Remembers how many commits came at one go.
    struct Eater {
        gos: Arc<Mutex<Vec<usize>>>,
        progress: Arc<Progress<ViewsError>>,
    }

    impl Fed for Eater {
        fn fed(&mut self) -> Result<Vec<Head>, ViewsError> {
            Ok(self.progress.heads())
        }

        fn feed(&mut self, commits: &[StoredCommit]) -> Result<(), ViewsError> {
            self.gos.lock().push(commits.len());
            self.progress.advance(commits.iter().map(StoredCommit::head));
            Ok(())
        }

        fn idle_wait(&self) -> Duration {
            LONG
        }

        fn rest(&self) -> Duration {
            // Only the first time: nothing wakes whoever rests when it is to stop.
            if self.gos.lock().len() == 1 { LONG } else { Duration::ZERO }
        }

        fn progress(&self) -> &Progress<ViewsError> {
            &self.progress
        }
    }

    fn at(position: u64) -> Positions {
        [Head { shard: 0, commit_number: position, position }].into_iter().collect()
    }

    #[test]
    fn what_comes_during_a_rest_is_fed_at_one_go_as_soon_as_somebody_waits_for_it() {
        let nothing = Head { shard: 0, commit_number: 0, position: 0 };
        let (gos, progress) = (Arc::<Mutex<Vec<usize>>>::default(), Arc::new(Progress::new(vec![nothing])));
        let source = Arc::new(Commits::default());
        let eater = Eater { gos: gos.clone(), progress: progress.clone() };
        let _follower = start("eater", source.clone(), eater).unwrap();
        source.add();
        // Nobody waits, so a rest follows.
        while !progress.is_at(&at(1)) {
            std::thread::yield_now();
        }
        source.add();
        source.add();
        assert!(progress.wait_until_at(&at(3), LONG).unwrap());
        assert_eq!(*gos.lock(), [1, 2]);
    }
}
