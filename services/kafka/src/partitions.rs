//! Asking the brokers for a topic.

use std::time::{Duration, Instant};

use rdkafka::{
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError as ClientError, RDKafkaErrorCode},
};

use crate::{client::Contact, codes::is_unreachable};

/// How long an answer is waited for.
const ANSWER_WAIT: Duration = Duration::from_secs(15);

/// How long at a time, so that it is noticed when waiting can't help.
const ATTEMPT_WAIT: Duration = Duration::from_secs(3);

/// How long the client is listened to after a failure, and how often at most.
const LISTEN_WAIT: Duration = Duration::from_millis(20);
const LISTEN_MAX: u32 = 100;

/// How many partitions a topic has; `None` if it is not there. Waits while nobody answers or its leader changes.
pub(crate) fn count(consumer: &BaseConsumer<Contact>, topic: &str) -> Result<Option<usize>, ClientError> {
    let deadline = Instant::now() + ANSWER_WAIT;
    loop {
        let error = match ask(consumer, topic) {
            Ok(count) => return Ok(count),
            Err(error) => error,
        };
        listen(consumer);
        if !passes(&error) || consumer.context().is_turned_away() || Instant::now() > deadline {
            return Err(error);
        }
    }
}

/// Lets a client tell what it has met, which it does only to whoever polls it. It must have nothing assigned.
pub(crate) fn listen(consumer: &BaseConsumer<Contact>) {
    for _ in 0..LISTEN_MAX {
        if consumer.poll(LISTEN_WAIT).is_none() {
            return;
        }
    }
}

fn ask(consumer: &BaseConsumer<Contact>, name: &str) -> Result<Option<usize>, ClientError> {
    let metadata = consumer.client().fetch_metadata(Some(name), ATTEMPT_WAIT)?;
    let Some(topic) = metadata.topics().iter().find(|topic| topic.name() == name) else { return Ok(None) };
    match topic.error().map(RDKafkaErrorCode::from) {
        None => Ok(Some(topic.partitions().len())),
        Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => Ok(None),
        Some(code) => Err(ClientError::MetadataFetch(code)),
    }
}

/// Whether another attempt may help: a topic that is being made has no leader yet.
fn passes(error: &ClientError) -> bool {
    let code = error.rdkafka_error_code();
    code.is_some_and(|code| is_unreachable(code) || code == RDKafkaErrorCode::LeaderNotAvailable)
}
