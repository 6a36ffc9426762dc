//! The thread that feeds tables and memory from the journal.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use journal::{Head, Journal, Progress, StoredCommit, Watch};
use licensing::Catalogue;
use parking_lot::RwLock;
use rusqlite::Connection;

use crate::{
    apply::Apply,
    error::{InFile, ViewsError},
    memory::{Changes, Memory},
    positions::{self, Mark},
};

/// Records of one transaction; more only if a single commit has more.
const RECORDS_MAX: usize = 20_000;
/// Bytes of commits of one transaction; more only if a single commit has more.
const BLOCK_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long to wait for commits that wake the follower themselves.
const IDLE_WAIT: Duration = Duration::from_secs(3600);

/// What the follower and those who read share.
pub(crate) struct Shared {
    pub(crate) file: PathBuf,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) memory: RwLock<Memory>,
    pub(crate) progress: Progress<ViewsError>,
}

/// The running follower; stopped and joined on drop.
pub(crate) struct Follower {
    is_stopping: Arc<AtomicBool>,
    watch: Watch,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts to feed the tables behind `writer` and the memory in `shared`.
    pub(crate) fn start(shared: &Arc<Shared>, writer: Connection) -> Result<Self, ViewsError> {
        let is_stopping = Arc::new(AtomicBool::new(false));
        let work = Work { shared: shared.clone(), writer, is_stopping: is_stopping.clone(), first_shard: 0 };
        let thread =
            thread::Builder::new().name("views".to_owned()).spawn(move || work.run()).map_err(ViewsError::Thread)?;
        Ok(Self { is_stopping, watch: shared.journal.watch(), thread: Some(thread) })
    }

    /// Stops after the transaction that is under way, whatever is still to be fed.
    fn stop(&mut self) {
        self.is_stopping.store(true, Ordering::Release);
        self.watch.notify();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the follower of the views panicked");
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Work {
    shared: Arc<Shared>,
    writer: Connection,
    is_stopping: Arc<AtomicBool>,
    /// Where to begin next, so that a busy shard does not starve those behind it.
    first_shard: u16,
}

impl Drop for Work {
    /// Also after a panic: nobody must wait for a follower that is gone.
    fn drop(&mut self) {
        self.shared.progress.stop();
    }
}

impl Work {
    fn run(mut self) {
        let watch = self.shared.journal.watch();
        loop {
            // In this order: a stop after it was looked for wakes the wait below.
            let seen = watch.generation();
            if self.is_stopping.load(Ordering::Acquire) {
                return;
            }
            match self.feed_once() {
                Ok(true) => {}
                Ok(false) => {
                    watch.wait_beyond(seen, IDLE_WAIT);
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the follower of the views stops");
                    self.shared.progress.fail(error);
                    return;
                }
            }
        }
    }

    /// Feeds as much as fits into one transaction; false when there is nothing to feed.
    fn feed_once(&mut self) -> Result<bool, ViewsError> {
        let commits = self.gather()?;
        if commits.is_empty() {
            return Ok(false);
        }
        let changes = self.write(&commits)?;
        self.shared.memory.write().apply(changes);
        // Last: whoever waits for a position finds it in the tables and in memory.
        self.shared.progress.advance(commits.iter().map(StoredCommit::head));
        Ok(true)
    }

    fn write(&mut self, commits: &[StoredCommit]) -> Result<Changes, ViewsError> {
        let Shared { file, memory, catalogue, .. } = &*self.shared;
        let transaction = self.writer.transaction().in_file(file)?;
        let mut apply = Apply::new(&transaction, file, memory, catalogue);
        for commit in commits {
            apply.commit(commit)?;
            positions::put(&transaction, &Mark::of(commit)).in_file(file)?;
        }
        let changes = apply.finish()?;
        transaction.commit().in_file(file)?;
        Ok(changes)
    }

    /// Collects commits that are not fed yet, shard by shard, within the bounds.
    ///
    /// All shards are followed to one moment of the journal: unless there is too much for one transaction, whatever was
    /// written at one go appears at one go, in however many shards it lies.
    fn gather(&mut self) -> Result<Vec<StoredCommit>, ViewsError> {
        let ends = self.shared.journal.heads()?;
        let fed = self.shared.progress.heads();
        let behind = fed.into_iter().zip(ends).filter(|(fed, end)| fed.commit_number < end.commit_number);
        let (before, from_first): (Vec<_>, Vec<_>) = behind.partition(|(fed, _)| fed.shard < self.first_shard);
        let mut gathered = Gathered::default();
        for (fed, end) in from_first.into_iter().chain(before) {
            if gathered.is_full() {
                break;
            }
            self.gather_shard(fed, end, &mut gathered)?;
            self.first_shard = fed.shard.saturating_add(1) % self.shared.journal.shard_count().max(1);
        }
        Ok(gathered.commits)
    }

    fn gather_shard(&self, fed: Head, end: Head, gathered: &mut Gathered) -> Result<(), ViewsError> {
        let bytes_left = BLOCK_BYTES_MAX.saturating_sub(gathered.block_bytes);
        let commits = self.shared.journal.read(fed.shard, fed.commit_number, bytes_left)?;
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

/// The commits of one transaction.
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
