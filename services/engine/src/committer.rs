//! Commits batches on a thread of its own, while the writer decides the next one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Instant as Moment,
};

use journal::{Batch, Journal};
use parking_lot::Mutex;

use crate::{
    EngineError,
    batch::{Pending, Sealed},
    published::{PublishedClock, PublishedHeads},
    queue::Queue,
    snapshots::Snapshots,
    submission::Submission,
    teller::TellerQueue,
};

/// How many batches may wait for the one that is being committed. What is decided on top of a commit that then fails is
/// lost work, so no more than one.
const WAITING_MAX: usize = 1;

enum Work {
    Commit(Box<Sealed>),
    /// Answered once everything before is dealt with.
    Settle(SyncSender<()>),
    /// Forget the failure; answered once everything before is dealt with.
    Reset(SyncSender<()>),
}

/// Where a commit and what follows from it goes.
pub(crate) struct Outlets {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: PublishedClock,
    pub(crate) heads: PublishedHeads,
    pub(crate) snapshots: Snapshots,
    pub(crate) teller: TellerQueue,
    /// The queue of the writer, to wake it.
    pub(crate) writer: Queue,
}

/// The way to the committing thread. Dropping it ends the thread, once everything handed over is dealt with.
pub(crate) struct Committer {
    work: Option<SyncSender<Work>>,
    failure: Arc<Mutex<Option<EngineError>>>,
    under_way: Arc<UnderWay>,
    thread: Option<JoinHandle<()>>,
}

/// What was handed over and is not dealt with.
#[derive(Default)]
struct UnderWay {
    batches: AtomicUsize,
    /// Whether the writer wants to know when there is none.
    is_awaited: AtomicBool,
}

impl Committer {
    pub(crate) fn start(outlets: Outlets) -> Result<Self, EngineError> {
        let (work, receiver) = sync_channel(WAITING_MAX);
        let failure = Arc::new(Mutex::new(None));
        let under_way = Arc::<UnderWay>::default();
        let state = State { outlets, failure: failure.clone(), under_way: under_way.clone() };
        let thread = thread::Builder::new()
            .name("usher-committer".to_owned())
            .spawn(move || state.run(&receiver))
            .map_err(|error| EngineError::Thread(Arc::new(error)))?;
        Ok(Self { work: Some(work), failure, under_way, thread: Some(thread) })
    }

    /// Hands over a batch; waits while another one waits already.
    pub(crate) fn commit(&self, sealed: Sealed) {
        self.under_way.batches.fetch_add(1, Ordering::SeqCst);
        self.send(Work::Commit(Box::new(sealed)));
    }

    /// Whether a batch would have to wait now. If so, the writer is woken when none would any more: until then it may as
    /// well go on filling the batch, as a commit costs much and another command in it little.
    pub(crate) fn is_busy(&self) -> bool {
        let UnderWay { batches, is_awaited } = &*self.under_way;
        if batches.load(Ordering::SeqCst) == 0 {
            return false;
        }
        is_awaited.store(true, Ordering::SeqCst);
        // Once more: what was under way may have been dealt with before anybody saw that it is awaited.
        batches.load(Ordering::SeqCst) > 0
    }

    /// Waits until everything that was handed over is committed or has failed.
    pub(crate) fn settle(&self) {
        let (done, is_done) = sync_channel(1);
        self.send(Work::Settle(done));
        // An error means that the thread has ended, and with it everything that was handed over.
        let _ = is_done.recv();
    }

    /// Why a commit failed, if one did; everything decided since is void.
    pub(crate) fn failure(&self) -> Option<EngineError> {
        self.failure.lock().clone()
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
    outlets: Outlets,
    failure: Arc<Mutex<Option<EngineError>>>,
    under_way: Arc<UnderWay>,
}

impl State {
    fn run(&self, work: &Receiver<Work>) {
        while let Ok(work) = work.recv() {
            match work {
                Work::Commit(sealed) => self.commit(*sealed),
                Work::Settle(done) => drop(done.send(())),
                Work::Reset(done) => {
                    *self.failure.lock() = None;
                    let _ = done.send(());
                }
            }
        }
    }

    fn commit(&self, sealed: Sealed) {
        let Sealed { commits, details, news, clock, pending, snapshots } = sealed;
        let batch = Batch { commits, clock, details, news };
        let outcome = self.write_unless_failed(&batch);
        if outcome.is_ok() {
            batch.commits.iter().for_each(|commit| self.outlets.heads.publish(commit.head()));
            if let Some(now) = clock {
                self.outlets.clock.publish(now);
            }
        }
        // Before the answers, so that the next batch is here by the time that they are given.
        self.note_dealt_with();
        if let Err(error) = outcome {
            return fail_all(pending, &error);
        }
        for telling in pending.into_iter().filter_map(Pending::give) {
            self.outlets.teller.tell(telling);
        }
        snapshots.into_iter().for_each(|due| self.outlets.snapshots.offer(due));
    }

    /// Writes a batch, unless one before it failed: what was decided since is void.
    fn write_unless_failed(&self, batch: &Batch) -> Result<(), EngineError> {
        if let Some(failure) = self.failure.lock().clone() {
            return Err(failure);
        }
        self.write(batch).inspect_err(|error| {
            tracing::error!(error = error as &dyn std::error::Error, "a commit failed");
            metrics::counter!("usher_commit_failures_total").increment(1);
            *self.failure.lock() = Some(error.clone());
            // Otherwise the writer would take note only at the next command.
            self.wake_writer();
        })
    }

    fn note_dealt_with(&self) {
        let UnderWay { batches, is_awaited } = &*self.under_way;
        if batches.fetch_sub(1, Ordering::SeqCst) == 1 && is_awaited.swap(false, Ordering::SeqCst) {
            self.wake_writer();
        }
    }

    fn wake_writer(&self) {
        // A full queue wakes it just as well.
        let _ = self.outlets.writer.try_send(Submission::Wake);
    }

    fn write(&self, batch: &Batch) -> Result<(), EngineError> {
        if batch.commits.is_empty() && batch.details.is_empty() && batch.clock.is_none() {
            return Ok(());
        }
        let started = Moment::now();
        self.outlets.journal.append(batch)?;
        metrics::histogram!("usher_commit_seconds").record(started.elapsed().as_secs_f64());
        metrics::counter!("usher_commits_total").increment(batch.commits.len() as u64);
        Ok(())
    }
}

fn fail_all(pending: Vec<Pending>, error: &EngineError) {
    pending.into_iter().for_each(|pending| pending.fail(error.clone()));
}
