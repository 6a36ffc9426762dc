//! The rebuilds that a running process is asked for: one at a time, on a thread of its own.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use journal::{Background, Stopping, Watch};
use parking_lot::Mutex;

use crate::{RebuildPhase, RebuildProgress, Rebuilt, Views, ViewsError};

/// The rebuilds of a process's own views. The one that runs is ended on drop.
pub struct Rebuilding {
    views: Arc<Views>,
    /// The last one, if there was any.
    last: Arc<Mutex<Option<Run>>>,
    thread: Mutex<Option<Background>>,
}

/// A rebuild that was asked for.
#[derive(Debug, Clone)]
pub struct Run {
    /// Which one it is of this process, from 1.
    pub number: u64,
    /// How far it is, or what came of it.
    pub stage: Stage,
    is_to_end: Arc<AtomicBool>,
}

/// How far a rebuild is, or what came of it.
#[derive(Debug, Clone)]
pub enum Stage {
    /// It runs.
    Running(RebuildProgress),
    /// The new views live.
    Done(Arc<Rebuilt>),
    /// It was ended; the views are as they were.
    Aborted,
    /// It failed; the views are as they were.
    Failed(Arc<ViewsError>),
}

impl Rebuilding {
    /// Of these views; none runs.
    pub fn new(views: Arc<Views>) -> Self {
        Self { views, last: Arc::default(), thread: Mutex::default() }
    }

    /// The last one that was asked for; `None` if none was.
    pub fn last(&self) -> Option<Run> {
        self.last.lock().clone()
    }

    /// Starts one, unless one runs; gives it.
    ///
    /// # Errors
    /// [`ViewsError::RebuildUnderWay`] if one runs, or when there can be no thread for it.
    pub fn start(&self) -> Result<Run, ViewsError> {
        // Whoever else wants to start one waits here.
        let mut thread = self.thread.lock();
        let run = Run::after(self.last())?;
        *self.last.lock() = Some(run.clone());
        let work = Work { views: self.views.clone(), last: self.last.clone(), is_to_end: run.is_to_end.clone() };
        // The one before has ended, so that its thread is soon joined.
        *thread = None;
        // If there is no thread, the work is dropped, and says so.
        let started = Background::start("views-rebuild", Watch::default(), move |stopping| work.run(&stopping));
        *thread = Some(started.map_err(ViewsError::Thread)?);
        Ok(run)
    }

    /// Has the one that runs ended, which takes it a moment; gives it. `None` if none runs.
    pub fn abort(&self) -> Option<Run> {
        let run = self.last().filter(Run::is_running)?;
        run.is_to_end.store(true, Ordering::Relaxed);
        Some(run)
    }
}

impl Run {
    /// The next one.
    fn after(last: Option<Self>) -> Result<Self, ViewsError> {
        if last.as_ref().is_some_and(Self::is_running) {
            return Err(ViewsError::RebuildUnderWay);
        }
        let number = last.map_or(0, |last| last.number).saturating_add(1);
        let nothing = RebuildProgress { phase: RebuildPhase::Filling, records: 0, of: 0 };
        Ok(Self { number, stage: Stage::Running(nothing), is_to_end: Arc::default() })
    }

    /// Whether it runs.
    pub const fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running(_))
    }
}

/// What the thread does.
struct Work {
    views: Arc<Views>,
    last: Arc<Mutex<Option<Run>>>,
    is_to_end: Arc<AtomicBool>,
}

impl Work {
    fn run(self, stopping: &Stopping) {
        give_way();
        tracing::info!("a rebuild of the views starts");
        let rebuilt = self.views.rebuild_in_place(&mut |progress| {
            self.reach(Stage::Running(progress));
            let is_to_end = stopping.is_asked() || self.is_to_end.load(Ordering::Relaxed);
            if is_to_end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.reach(match rebuilt {
            Ok(rebuilt) => {
                tracing::info!(difference = ?rebuilt.difference, "the views were rebuilt");
                Stage::Done(Arc::new(rebuilt))
            }
            Err(ViewsError::Aborted) => {
                tracing::info!("the rebuild of the views was ended");
                Stage::Aborted
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the views could not be rebuilt");
                Stage::Failed(Arc::new(error))
            }
        });
    }

    fn reach(&self, stage: Stage) {
        if let Some(run) = &mut *self.last.lock() {
            run.stage = stage;
        }
    }
}

impl Drop for Work {
    /// Also after a panic, or without a thread: nobody must wait for a rebuild that is gone.
    fn drop(&mut self) {
        if self.last.lock().as_ref().is_some_and(Run::is_running) {
            self.reach(Stage::Failed(Arc::new(ViewsError::RebuildLost)));
        }
    }
}

/// Lets every other thread go first: commands and reads are not to wait for a processor.
fn give_way() {
    // Elsewhere it would be the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(%error, "the rebuild runs as if it were in a hurry");
    }
}
