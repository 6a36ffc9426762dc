//! The history as the topic has it, for auditors who trust no store.

use contract::proto::journal::Event;
use journal::Position;
use rdkafka::{Message, message::OwnedMessage};

use crate::{
    KafkaError, RecordError, Settings, from_record, headers,
    reader::{Isolation, Reader, Records},
    topics,
};

/// Every committed event of the topic, shard by shard, each in its order: from the beginning up to where the topic ended
/// when this was called. Blocks. An item is an error where a record is none of ours, and reading can go on behind it; or
/// where the brokers failed, and then it is the last.
///
/// # Errors
/// [`KafkaError`] when the topic is not there or no broker answers.
pub fn read_history(settings: &Settings) -> Result<History, KafkaError> {
    let reader = Reader::new(settings, settings.prefixed(topics::LICENSING), Isolation::Committed)?;
    Ok(History(reader.records()?))
}

/// The events of the topic; see [`read_history`].
pub struct History(Records);

impl Iterator for History {
    type Item = Result<(Position, Event), KafkaError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.0.next()?;
        Some(record.and_then(|message| {
            event(&message).map_err(|source| KafkaError::Record {
                topic: self.0.topic().to_owned(),
                partition: message.partition(),
                offset: message.offset(),
                source,
            })
        }))
    }
}

/// The event of a record, in the partition of its shard.
fn event(message: &OwnedMessage) -> Result<(Position, Event), RecordError> {
    let headers = headers::read(message.headers());
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    let (position, event) = from_record(headers, message.key(), message.payload())?;
    if i32::from(position.shard) != message.partition() {
        return Err(RecordError::Partition { shard: position.shard });
    }
    Ok((position, event))
}
