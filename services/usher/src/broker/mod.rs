//! What this process does with Kafka: takes messages from it, and brings events to it.

mod sink;

use std::{
    error::Error,
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use engine::Engine;
use journal::{Held, Journal};
use kafka::{Intake, KafkaError, Relay, topics};
use tokio::runtime::Handle;

use sink::EngineSink;

/// How long to wait until brokers that did not answer are tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// How long the end of the intake may take.
const INTAKE_END_WAIT: Duration = Duration::from_secs(8);

/// What a process does with Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokerParts {
    /// Takes messages.
    pub intake: bool,
    /// Brings events.
    pub relay: bool,
}

/// What the parts work with.
#[derive(Clone)]
pub struct BrokerOptions {
    /// Where Kafka is.
    pub settings: kafka::Settings,
    /// What is to be done.
    pub parts: BrokerParts,
    /// What tells the store from every other.
    pub store_id: Vec<u8>,
    /// Where events come from.
    pub journal: Arc<dyn Journal>,
    /// The shards whose events this process brings.
    pub relayed: Held,
    /// Where messages go.
    pub engine: Engine,
    /// On what the messages are handed in.
    pub runtime: Handle,
}

/// The parts at work, or waiting for brokers that do not answer yet. Dropped, they end in order.
pub struct Broker {
    running: Option<Running>,
    waiting: Option<Waiting>,
}

#[derive(Default)]
struct Running {
    intake: Option<Intake>,
    relay: Option<Relay>,
}

/// A thread that starts the parts once the brokers answer.
struct Waiting {
    stop: Sender<()>,
    thread: JoinHandle<Running>,
}

impl Broker {
    /// Makes or checks the topics, and starts the parts. Where no broker answers, the parts start once one does: callers
    /// are served without Kafka. Blocks for some seconds then.
    ///
    /// # Errors
    /// Whatever an operator has to mend first: topics, rights, logins.
    pub fn start(options: BrokerOptions) -> Result<Self, KafkaError> {
        match topics::ensure(&options.settings, options.journal.shard_count()) {
            Ok(()) => Ok(Self { running: Some(Running::start(&options)?), waiting: None }),
            Err(error @ KafkaError::Unreachable { .. }) => {
                tracing::warn!(error = &error as &dyn Error, "kafka is tried again until it answers");
                Ok(Self { running: None, waiting: Some(Waiting::start(options)?) })
            }
            Err(error) => Err(error),
        }
    }

    /// Takes no more messages from Kafka; what was taken is finished, if that takes no longer than some seconds. Blocks.
    pub fn stop_intake(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            self.running = waiting.end();
        }
        if let Some(intake) = self.running.as_mut().and_then(|running| running.intake.take()) {
            end(intake);
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop_intake();
    }
}

/// Ends the intake, and waits for that as long as it may take: brokers that are away must not keep a node from handing
/// over. What it took and could not commit then comes again, as duplicates.
fn end(intake: Intake) {
    let (ended, wait) = channel::<()>();
    let ending = thread::Builder::new().name("usher-intake-end".to_owned()).spawn(move || {
        drop(intake);
        drop(ended);
    });
    // Without a thread it was dropped, and has ended, already.
    if ending.is_ok() && wait.recv_timeout(INTAKE_END_WAIT) == Err(RecvTimeoutError::Timeout) {
        tracing::warn!("kafka does not answer: what was taken from it last comes again, as duplicates");
    }
}

impl Running {
    fn start(options: &BrokerOptions) -> Result<Self, KafkaError> {
        let BrokerOptions { settings, parts, store_id, journal, relayed, engine, runtime } = options.clone();
        let mut running = Self::default();
        if parts.relay {
            running.relay = Some(Relay::start(settings.clone(), &store_id, journal, relayed)?);
        }
        if parts.intake {
            running.intake = Some(Intake::start(settings, runtime, Arc::new(EngineSink::new(engine)))?);
        }
        Ok(running)
    }
}

impl Waiting {
    fn start(options: BrokerOptions) -> Result<Self, KafkaError> {
        let (stop, stopped) = channel::<()>();
        let wait_for_brokers = move || {
            while stopped.recv_timeout(TRY_AGAIN_AFTER) == Err(RecvTimeoutError::Timeout) {
                let ensured = topics::ensure(&options.settings, options.journal.shard_count());
                match ensured.and_then(|()| Running::start(&options)) {
                    Ok(running) => {
                        tracing::info!("kafka answers");
                        return running;
                    }
                    Err(error) => tracing::warn!(error = &error as &dyn Error, "kafka is tried again"),
                }
            }
            Running::default()
        };
        let thread = thread::Builder::new().name("usher-kafka".to_owned()).spawn(wait_for_brokers);
        Ok(Self { stop, thread: thread.map_err(KafkaError::Thread)? })
    }

    fn end(self) -> Option<Running> {
        // An error means that it has ended.
        let _ = self.stop.send(());
        self.thread.join().inspect_err(|_| tracing::error!("the thread that waits for kafka panicked")).ok()
    }
}
