//! Commits batches on a thread of its own, while the writer decides the next one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Instant as Moment,
};

use journal::{Batch, Journal};

use crate::{
    EngineError,
    batch::{Pending, Sealed},
    published::{PublishedClock, PublishedHeads},
    snapshots::Snapshots,
};

/// How many batches may wait for the one that is being committed. What is decided on top of a commit that then fails is
/// lost work, so no more than one.
const WAITING_MAX: usize = 1;

enum Work {
    Commit(Box<Sealed>),
    /// Forget the failure; answered once everything before is dealt with.
    Reset(SyncSender<()>),
}

/// The way to the committing thread. Dropping it ends the thread, once everything handed over is dealt with.
pub(crate) struct Committer {
    work: Option<SyncSender<Work>>,
    failed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    pub(crate) fn start(
        journal: Arc<dyn Journal>,
        clock: PublishedClock,
        heads: PublishedHeads,
        snapshots: Snapshots,
    ) -> Result<Self, EngineError> {
        let (work, receiver) = sync_channel(WAITING_MAX);
        let failed = Arc::new(AtomicBool::new(false));
        let mut state = State { journal, clock, heads, snapshots, failed: failed.clone(), failure: None };
        let thread = thread::Builder::new()
            .name("usher-committer".to_owned())
            .spawn(move || state.run(&receiver))
            .map_err(|error| EngineError::Thread(Arc::new(error)))?;
        Ok(Self { work: Some(work), failed, thread: Some(thread) })
    }

    /// Hands over a batch; waits while another one waits already.
    pub(crate) fn commit(&self, sealed: Sealed) {
        self.send(Work::Commit(Box::new(sealed)));
    }

    /// Whether a commit failed, so that everything decided since is void.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Waits until everything that was handed over is dealt with; from then on commits are tried again.
    pub(crate) fn reset(&self) {
        let (done, is_done) = sync_channel(1);
        self.send(Work::Reset(done));
        // An error means that the thread has ended, and with it everything that was handed over.
        let _ = is_done.recv();
    }

    fn send(&self, work: Work) {
        let Some(sender) = &self.work else { return };
        if let Err(unsent) = sender.send(work)
            && let Work::Commit(sealed) = unsent.0
        {
            fail_all(sealed.pending, &EngineError::Stopped);
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        drop(self.work.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the committing thread panicked");
        }
    }
}

struct State {
    journal: Arc<dyn Journal>,
    clock: PublishedClock,
    heads: PublishedHeads,
    snapshots: Snapshots,
    failed: Arc<AtomicBool>,
    failure: Option<EngineError>,
}

impl State {
    fn run(&mut self, work: &Receiver<Work>) {
        while let Ok(work) = work.recv() {
            match work {
                Work::Commit(sealed) => self.commit(*sealed),
                Work::Reset(done) => {
                    self.failure = None;
                    self.failed.store(false, Ordering::Release);
                    let _ = done.send(());
                }
            }
        }
    }

    fn commit(&mut self, sealed: Sealed) {
        if let Some(failure) = &self.failure {
            fail_all(sealed.pending, failure);
            return;
        }
        let batch = Batch { commits: sealed.commits, clock: sealed.clock, details: sealed.details };
        if let Err(error) = self.write(&batch) {
            tracing::error!(error = &error as &dyn std::error::Error, "a commit failed");
            metrics::counter!("usher_commit_failures_total").increment(1);
            fail_all(sealed.pending, &error);
            self.failure = Some(error);
            self.failed.store(true, Ordering::Release);
            return;
        }
        batch.commits.iter().for_each(|commit| self.heads.publish(commit.head()));
        if let Some(now) = sealed.clock {
            self.clock.publish(now);
        }
        sealed.pending.into_iter().for_each(Pending::give);
        sealed.snapshots.into_iter().for_each(|due| self.snapshots.offer(due));
    }

    fn write(&self, batch: &Batch) -> Result<(), EngineError> {
        if batch.commits.is_empty() && batch.details.is_empty() && batch.clock.is_none() {
            return Ok(());
        }
        let started = Moment::now();
        self.journal.append(batch)?;
        metrics::histogram!("usher_commit_seconds").record(started.elapsed().as_secs_f64());
        metrics::counter!("usher_commits_total").increment(batch.commits.len() as u64);
        Ok(())
    }
}

fn fail_all(pending: Vec<Pending>, error: &EngineError) {
    pending.into_iter().for_each(|pending| pending.fail(error.clone()));
}
