//! A consumer of committed records, as anybody may have one.

use std::time::{Duration, Instant};

use kafka::{Settings, topics};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::BorrowedMessage,
};

use crate::error::BenchError;

/// How long nothing may come.
const SILENCE_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// Reads the topic of events from its beginning.
pub struct Reader(BaseConsumer);

impl Reader {
    /// Reads all partitions.
    ///
    /// # Errors
    /// [`BenchError::KafkaClient`] if there is no such topic.
    pub fn open(settings: &Settings, shards: u16) -> Result<Self, BenchError> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", settings.bootstrap())
            .set("group.id", "bench-reader")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .create()?;
        let mut partitions = TopicPartitionList::new();
        for shard in 0..shards {
            partitions.add_partition_offset(
                &settings.prefixed(topics::LICENSING),
                i32::from(shard),
                Offset::Beginning,
            )?;
        }
        consumer.assign(&partitions)?;
        Ok(Self(consumer))
    }

    /// Waits for the next record.
    ///
    /// # Errors
    /// [`BenchError`] if none comes.
    pub fn next<T>(&mut self, look: impl FnOnce(&BorrowedMessage<'_>) -> T) -> Result<T, BenchError> {
        let began = Instant::now();
        while began.elapsed() < SILENCE_MAX {
            if let Some(message) = self.0.poll(POLL) {
                return Ok(look(&message?));
            }
        }
        Err(BenchError::wrong("nothing came from the topic for a minute"))
    }

    /// The next record that comes within a moment.
    ///
    /// # Errors
    /// [`BenchError`] if the broker fails.
    pub fn poll<T>(&mut self, look: impl FnOnce(&BorrowedMessage<'_>) -> T) -> Result<Option<T>, BenchError> {
        Ok(self.0.poll(POLL).transpose()?.map(|message| look(&message)))
    }
}
