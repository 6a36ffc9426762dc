//! Starting and stopping.

use std::{
    sync::{Arc, OnceLock},
    thread::{self, JoinHandle},
};

use journal::{Journal, StreamIndex};

use crate::{
    Engine, EngineError, Options,
    foresight::Foresight,
    preparing::Preparing,
    queue,
    shards::Decided,
    snapshots::Snapshots,
    submission::Submission,
    teller::{self, TellerQueue},
    writer::{Parts, Writer},
};

/// An engine at work. Dropping it stops it.
pub struct Running {
    engine: Engine,
    teller: TellerQueue,
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
    let (queue, submissions) = queue::bounded(options.queue_commands_max.max(1));
    let (snapshots, snapshots_thread) = Snapshots::start(index.clone())?;
    let (teller_queue, teller) = match &options.shared {
        Some(shared) => {
            let (queue, teller) = teller::prepare(shared.users.clone());
            (queue, Some(teller))
        }
        None => (TellerQueue::default(), None),
    };
    let decided = Decided::new(journal.shard_count(), options.shared.is_some());
    let (preparing, preparing_thread) = Preparing::start(index.clone(), decided.clone())?;
    let (foresight, foresight_thread) = Foresight::start(index.clone(), options.catalogue.clone())?;
    let parts = Parts {
        journal: journal.clone(),
        index: index.clone(),
        queue: queue.clone(),
        submissions,
        snapshots,
        preparing: preparing.clone(),
        foresight,
        teller: teller_queue.clone(),
        decided: decided.clone(),
    };
    let writer = Writer::open(parts, &options)?;
    let engine = Engine {
        queue,
        clock: writer.published_clock(),
        catalogue: options.catalogue,
        heads: writer.published_heads(),
        decided,
        journal,
        index,
        preparing,
        shared: options.shared,
        peers: Arc::new(OnceLock::new()),
    };
    let writer_thread = thread::Builder::new()
        .name("usher-writer".to_owned())
        .spawn(move || writer.run())
        .map_err(|error| EngineError::Thread(Arc::new(error)))?;
    let mut threads = vec![writer_thread];
    if let Some(teller) = teller {
        threads.push(teller.start(engine.clone())?);
    }
    threads.push(snapshots_thread);
    threads.push(preparing_thread);
    threads.push(foresight_thread);
    Ok(Running { engine, teller: teller_queue, threads })
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
        self.teller.stop();
        self.engine.preparing.stop();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the engine panicked");
            }
        }
    }
}
