//! Reads the topics.

use std::{
    collections::BTreeMap,
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use journal::Stopping;
use metrics::{counter, gauge};
use rdkafka::{
    Message, Offset,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::{KafkaError as ClientError, RDKafkaErrorCode},
    message::BorrowedMessage,
};
use tokio::{
    runtime::Handle,
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use super::{
    assigned::{Assigned, Room},
    dead_letters::DeadLetters,
    lane::{Item, Lane},
    listener::Listener,
    received::Received,
    sink::Sink,
};
use crate::{
    KafkaError, Settings,
    attempt::{Attempt, Resource},
    client::Contact,
    pause::Pause,
    topics,
};

/// The consumer group of all nodes.
pub(super) const GROUP: &str = "usher-intake";

const POLL_WAIT: Duration = Duration::from_millis(50);

/// How often partitions are looked at that wait for room.
const ROOM_LOOK: Duration = Duration::from_millis(20);

/// How often offsets are committed.
const COMMIT_EVERY: Duration = Duration::from_millis(500);

/// How often offsets are committed that were before: while partitions move, a commit may be lost without a word, or come
/// behind a newer one.
const COMMIT_AGAIN_EVERY: Duration = Duration::from_secs(5);

/// How long the end waits for what is handed in.
const CLOSE_MAX: Duration = Duration::from_secs(10);

/// Reads the topics and spreads what comes over the lanes.
pub(super) struct Poller {
    pub(super) settings: Settings,
    pub(super) runtime: Handle,
    pub(super) sink: Arc<dyn Sink>,
    pub(super) assigned: Arc<Assigned>,
    pub(super) dead_letters: Arc<DeadLetters>,
    pub(super) stopping: Stopping,
    pub(super) lanes: BTreeMap<u16, LaneHandle>,
}

/// The way into a lane.
pub(super) struct LaneHandle {
    queue: UnboundedSender<Item>,
    task: JoinHandle<()>,
}

/// When something was last done.
struct Beat {
    every: Duration,
    next: Instant,
}

impl Poller {
    /// Reads until the intake stops; begins with a new consumer after a failure that a consumer does not survive.
    pub(super) fn run(mut self) {
        let mut pause = Pause::new();
        while !self.stopping.is_asked() {
            match self.consume(&mut pause) {
                Ok(()) => break,
                Err(error) => {
                    tracing::error!(error = &error as &dyn Error, "the intake begins anew");
                    counter!("usher_intake_errors_total").increment(1);
                    self.assigned.revoke(&self.assigned.partitions());
                    self.stopping.pause(pause.after_failure());
                }
            }
        }
        for lane in self.lanes.into_values() {
            lane.task.abort();
        }
    }

    fn consume(&mut self, pause: &mut Pause) -> Result<(), KafkaError> {
        let consumer = self.subscribe()?;
        let (mut room, mut commit) = (Beat::every(ROOM_LOOK), Beat::every(COMMIT_EVERY));
        let mut commit_again = Beat::every(COMMIT_AGAIN_EVERY);
        while !self.stopping.is_asked() {
            match consumer.poll(POLL_WAIT) {
                Some(Ok(message)) => {
                    pause.reset();
                    self.take(&consumer, &message);
                }
                Some(Err(error)) => self.note(&consumer, error)?,
                None => {}
            }
            if room.is_due() {
                self.resume(&consumer);
                self.check_lanes()?;
            }
            if commit_again.is_due() {
                self.assigned.forget_commits();
            }
            if commit.is_due() {
                consumer.context().commit(&consumer, None, CommitMode::Async);
                self.measure();
            }
        }
        // Dropping the consumer closes it, which takes the partitions away: that commits.
        self.assigned.close(&self.assigned.partitions(), CLOSE_MAX);
        consumer.context().commit(&consumer, None, CommitMode::Sync);
        Ok(())
    }

    fn subscribe(&self) -> Result<BaseConsumer<Listener>, KafkaError> {
        let contact = Contact::default();
        let listener =
            Listener { settings: self.settings.clone(), contact: contact.clone(), assigned: self.assigned.clone() };
        let group = self.settings.prefixed(GROUP);
        let mut config = self.settings.client();
        config
            .set("group.id", &group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .set("partition.assignment.strategy", "cooperative-sticky")
            // So that the messages of a node that died come to others soon.
            .set("session.timeout.ms", "10000")
            .set("heartbeat.interval.ms", "3000")
            // What is read ahead of us.
            .set("queued.max.messages.kbytes", "16384")
            .set("fetch.message.max.bytes", "1048576")
            .set("fetch.wait.max.ms", "100");
        let joining = Attempt { action: "join the group", operation: "Read", resource: Resource::Group(&group) };
        let topics = topics::INBOUND.map(|topic| self.settings.prefixed(topic));
        let created: Result<BaseConsumer<Listener>, ClientError> = config.create_with_context(listener);
        created
            .and_then(|consumer| {
                consumer.subscribe(&topics.each_ref().map(String::as_str))?;
                Ok(consumer)
            })
            .map_err(|source| joining.failed(&self.settings, &contact, source))
    }

    /// Takes a message and hands it to the lane of its shard.
    fn take(&mut self, consumer: &BaseConsumer<Listener>, message: &BorrowedMessage<'_>) {
        let Some(partition) = consumer.context().partition(message.topic(), message.partition()) else { return };
        let received = Received::new(partition.topic, message);
        let Some((claim, room)) = self.assigned.take(partition, received.offset, received.size()) else { return };
        if room == Room::None {
            let paused = consumer.context().offsets(&[(partition, Offset::Invalid)]);
            if let Err(error) = paused.and_then(|list| consumer.pause(&list)) {
                tracing::warn!(%error, ?partition, "a partition that should wait cannot be paused");
            }
        }
        let incoming = received.decode();
        let shard = self.sink.shard_of(&incoming);
        self.enter_lane(shard, Item { claim, received, incoming: Some(incoming) });
    }

    /// Puts a message into the lane of its shard.
    fn enter_lane(&mut self, shard: u16, item: Item) {
        let lane = self.lanes.entry(shard).or_insert_with(|| {
            let (queue, receiver) = unbounded_channel();
            let lane = Lane {
                shard,
                sink: self.sink.clone(),
                assigned: self.assigned.clone(),
                dead_letters: self.dead_letters.clone(),
                stopping: self.stopping.clone(),
                queue: receiver,
            };
            LaneHandle { queue, task: self.runtime.spawn(lane.run()) }
        });
        // A lane that has ended is noticed in a moment.
        let _ = lane.queue.send(item);
    }

    /// Fails if a lane has ended, which means that the sink panicked: what the lane had is not done, so it has to come
    /// again.
    fn check_lanes(&mut self) -> Result<(), KafkaError> {
        let ended = self.lanes.iter().find(|(_, lane)| lane.task.is_finished());
        let Some((&shard, _)) = ended.filter(|_| !self.stopping.is_asked()) else { return Ok(()) };
        self.lanes.remove(&shard);
        Err(KafkaError::LaneEnded { shard })
    }

    fn resume(&self, consumer: &BaseConsumer<Listener>) {
        let resumed = self.assigned.resume();
        if resumed.is_empty() {
            return;
        }
        let resumed: Vec<_> = resumed.into_iter().map(|partition| (partition, Offset::Invalid)).collect();
        if let Err(error) = consumer.context().offsets(&resumed).and_then(|list| consumer.resume(&list)) {
            tracing::warn!(%error, "partitions that waited cannot go on");
        }
    }

    /// Notes an error of the consumer; fails if it does not survive it.
    fn note(&self, consumer: &BaseConsumer<Listener>, error: ClientError) -> Result<(), KafkaError> {
        let group = self.settings.prefixed(GROUP);
        let is_fatal = matches!(error, ClientError::MessageConsumptionFatal(_));
        let resource = match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::GroupAuthorizationFailed) => Resource::Group(&group),
            _ => Resource::Topic("of what comes in"),
        };
        let reading = Attempt { action: "read what comes in", operation: "Read", resource };
        let error = reading.failed(&self.settings, &consumer.context().contact, error);
        if is_fatal {
            return Err(error);
        }
        counter!("usher_intake_errors_total").increment(1);
        tracing::warn!(error = &error as &dyn Error, "the intake waits for kafka");
        Ok(())
    }

    #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
    fn measure(&self) {
        gauge!("usher_intake_undone_messages").set(self.assigned.undone().messages as f64);
        gauge!("usher_intake_partitions").set(self.assigned.partitions().len() as f64);
    }
}

impl Beat {
    fn every(every: Duration) -> Self {
        Self { every, next: Instant::now() + every }
    }

    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let is_due = now >= self.next;
        if is_due {
            self.next = now + self.every;
        }
        is_due
    }
}
