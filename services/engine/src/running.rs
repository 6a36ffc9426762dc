//! Starting and stopping.

use std::{
    sync::{Arc, mpsc::sync_channel},
    thread::{self, JoinHandle},
};

use journal::{Journal, StreamIndex};
use licensing::Catalogue;

use crate::{ClockMode, Engine, EngineError, handle::Submission, snapshots::Snapshots, writer::Writer};

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is sold, and under which numbers.
    pub catalogue: Arc<Catalogue>,
    /// What moves the clock.
    pub clock: ClockMode,
    /// How many commands may wait, at least 1; with more, callers are told to come back.
    pub queue_commands_max: usize,
}

impl Options {
    /// The usual: the machine's clock, 8,192 waiting commands.
    pub const fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, clock: ClockMode::System, queue_commands_max: 8_192 }
    }
}

/// An engine at work. Dropping it stops it.
pub struct Running {
    engine: Engine,
    threads: Vec<JoinHandle<()>>,
}

/// Starts an engine on a store; gives it back once it takes commands.
///
/// It waits for the index to catch up with the journal first.
///
/// # Errors
/// [`EngineError`] when the store can't be read or a thread not be started.
pub fn start(journal: Arc<dyn Journal>, index: Arc<dyn StreamIndex>, options: Options) -> Result<Running, EngineError> {
    // So that a watcher sees it at zero, and not only once there is something to be alarmed about (R27).
    metrics::counter!("usher_sweep_removed_total").increment(0);
    let (queue, submissions) = sync_channel(options.queue_commands_max.max(1));
    let (snapshots, snapshots_thread) = Snapshots::start(index.clone())?;
    let writer = Writer::open(journal, index, &options, submissions, snapshots)?;
    let engine = Engine {
        queue,
        clock: writer.published_clock(),
        catalogue: options.catalogue,
        heads: writer.published_heads(),
    };
    let writer_thread = thread::Builder::new()
        .name("usher-writer".to_owned())
        .spawn(move || writer.run())
        .map_err(|error| EngineError::Thread(Arc::new(error)))?;
    Ok(Running { engine, threads: vec![writer_thread, snapshots_thread] })
}

impl Running {
    /// The way in.
    pub fn engine(&self) -> Engine {
        self.engine.clone()
    }

    /// Deals with everything that waits, then ends. What is handed in later is refused with [`EngineError::Stopped`].
    pub fn stop(self) {}
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that the writer has ended by itself.
        let _ = self.engine.queue.send(Submission::Stop);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the engine panicked");
            }
        }
    }
}
