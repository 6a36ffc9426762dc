//! Topics to engine: every message at least once, with the effect of once, in the order of its key.
//!
//! One thread reads; a message goes to the lane of its shard, and each lane has one batch at a time with the [`Sink`]:
//! so shards don't wait for each other, and no message overtakes another of its key. An offset is committed only when
//! every message before it is done: durable in the journal, or refused and acknowledged as a dead letter. Whatever
//! happens in between, messages come again and are duplicates (R34). How much is taken and not done is bounded; behind
//! that, partitions pause.

mod assigned;
mod dead_letters;
mod lane;
mod ledger;
mod listener;
mod poller;
mod received;
mod sink;

use std::{collections::BTreeMap, sync::Arc};

use journal::{Background, Watch};
use tokio::runtime::Handle;

pub use sink::{Outcome, Sink, SinkError, Submitted};

use crate::{KafkaError, Settings};
use assigned::Assigned;
use dead_letters::DeadLetters;
use poller::Poller;

/// A running intake. When it is dropped it takes nothing more, waits a while for what is handed in, commits and leaves the
/// group. That blocks, so not on a thread that the [`Sink`] needs.
pub struct Intake {
    _thread: Background,
}

impl Intake {
    /// Takes what comes in and hands it to `sink`, on tasks of `runtime`, sharing the partitions with every other intake.
    /// The topics must be there ([`ensure`](crate::topics::ensure)).
    ///
    /// # Errors
    /// [`KafkaError`] when a client or a thread can't be made. Whatever goes wrong later is logged, counted and tried
    /// again.
    pub fn start(settings: Settings, runtime: Handle, sink: Arc<dyn Sink>) -> Result<Self, KafkaError> {
        let dead_letters = Arc::new(DeadLetters::new(&settings)?);
        let work = move |stopping| {
            let assigned = Arc::new(Assigned::default());
            Poller { settings, runtime, sink, assigned, dead_letters, stopping, lanes: BTreeMap::new() }.run();
        };
        // It never waits for long, so nothing has to wake it.
        let thread = Background::start("intake", Watch::default(), work).map_err(KafkaError::Thread)?;
        Ok(Self { _thread: thread })
    }
}
