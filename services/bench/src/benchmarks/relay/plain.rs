//! The yardstick: librdkafka's own producer, without transactions, sending records that were relayed before.

use std::time::{Duration, Instant};

use journal::Held;
use kafka::{Relay, topics};
use rdkafka::{
    ClientConfig, Message,
    error::{KafkaError, RDKafkaErrorCode},
    message::OwnedMessage,
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{EVENTS, prepared, reader::Reader};
use crate::{contest::Contender, error::BenchError, ground::store::Store, measure::Reading};

/// What it is called.
pub const NAME: &str = "plain producer";
/// How many records are sent over and over.
const SAMPLE: u64 = 10_000;
/// How long the last records may take to get there.
const FLUSH_WAIT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(5);

/// A producer, and what it sends.
pub struct Plain {
    producer: BaseProducer,
    topic: String,
    records: Vec<OwnedMessage>,
    events: u64,
}

impl Plain {
    /// Has some of the store's events relayed, so that the same bytes can be sent.
    ///
    /// # Errors
    /// [`BenchError`] if that fails.
    pub fn new(bootstrap: &str, store: &Store, events: u64) -> Result<Self, BenchError> {
        let journal = store.journal();
        let shards = journal.shard_count();
        let settings = prepared(bootstrap, "plain.", shards)?;
        let mut reader = Reader::open(&settings, shards)?;
        let relay = Relay::start(settings.clone(), store.store_id(), journal, Held::of_all(shards))?;
        let mut records = Vec::new();
        for _ in 0..events.min(SAMPLE) {
            records.push(reader.next(|message| message.detach())?);
        }
        drop(relay);
        // What usher's own has, the transactions aside.
        let producer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("acks", "all")
            .set("compression.type", "lz4")
            .create()?;
        Ok(Self { producer, topic: settings.prefixed(topics::LICENSING), records, events })
    }

    fn send(&self, message: &OwnedMessage) -> Result<(), BenchError> {
        let record = BaseRecord::to(&self.topic).partition(message.partition());
        let mut record = record.key(message.key().unwrap_or_default()).payload(message.payload().unwrap_or_default());
        if let Some(headers) = message.headers() {
            record = record.headers(headers.clone());
        }
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    self.producer.poll(POLL);
                    record = back;
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }
}

impl Contender for Plain {
    fn name(&self) -> String {
        NAME.to_owned()
    }

    fn round(&mut self, _time: Duration) -> Result<Vec<Reading>, BenchError> {
        let began = Instant::now();
        let records = self.records.iter().cycle();
        (0..self.events).zip(records).try_for_each(|(_, message)| self.send(message))?;
        self.producer.flush(FLUSH_WAIT)?;
        Ok(vec![EVENTS.reading(self.events as f64 / began.elapsed().as_secs_f64())])
    }
}
