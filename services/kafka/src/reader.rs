//! Reading partitions from here to there, without a consumer group.

use std::{
    collections::VecDeque,
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError as ClientError, RDKafkaErrorCode},
    message::OwnedMessage,
};

use crate::{
    KafkaError, Settings,
    attempt::{Attempt, Resource},
    client::Contact,
    partitions,
};

const ANSWER_WAIT: Duration = Duration::from_secs(10);
const POLL_WAIT: Duration = Duration::from_millis(100);

/// How long nothing may come before reading is given up.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What of a topic is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// What belongs to no transaction, or to one that was committed.
    Committed,
    /// Everything.
    Uncommitted,
}

/// A part of a partition that is still to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) partition: i32,
    /// The first offset.
    pub(crate) from: i64,
    /// The offset behind the last.
    pub(crate) end: i64,
}

/// Reads the partitions of one topic.
pub(crate) struct Reader {
    settings: Settings,
    contact: Contact,
    topic: String,
    consumer: BaseConsumer<Contact>,
}

impl Reader {
    /// Reads the topic of this name, the prefix included.
    pub(crate) fn new(settings: &Settings, topic: String, isolation: Isolation) -> Result<Self, KafkaError> {
        let contact = Contact::default();
        let mut config = settings.client();
        config
            // librdkafka assigns nothing without the name of a group, but joins none that nobody subscribes for.
            .set("group.id", settings.prefixed("usher-reader"))
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            // As much as is read ahead of us.
            .set("queued.max.messages.kbytes", "16384")
            .set(
                "isolation.level",
                match isolation {
                    Isolation::Committed => "read_committed",
                    Isolation::Uncommitted => "read_uncommitted",
                },
            );
        let created = config.create_with_context(contact.clone());
        let consumer = created.map_err(|source| reading(&topic).failed(settings, &contact, source))?;
        Ok(Self { settings: settings.clone(), contact, topic, consumer })
    }

    /// How many partitions the topic has.
    pub(crate) fn partitions(&self) -> Result<i32, KafkaError> {
        let counted = partitions::count(&self.consumer, &self.topic).map_err(|source| self.failed(source))?;
        let count = counted.ok_or_else(|| KafkaError::NoTopic { topic: self.topic.clone() })?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }

    /// All that there is of a partition now.
    pub(crate) fn whole(&self, partition: i32) -> Result<Span, KafkaError> {
        let deadline = Instant::now() + ANSWER_WAIT;
        loop {
            match self.consumer.client().fetch_watermarks(&self.topic, partition, ANSWER_WAIT) {
                Ok((from, end)) => return Ok(Span { partition, from, end }),
                Err(error) if leader_changes(&error) && Instant::now() < deadline => thread::sleep(POLL_WAIT),
                Err(error) => {
                    partitions::listen(&self.consumer);
                    return Err(self.failed(error));
                }
            }
        }
    }

    /// All records that there are now, partition by partition.
    pub(crate) fn records(self) -> Result<Records, KafkaError> {
        let spans: Result<_, _> = (0..self.partitions()?).map(|partition| self.whole(partition)).collect();
        Ok(Records { spans: spans?, reader: self, is_begun: false })
    }

    /// Begins with a span: what [`next`](Self::next) gives is of this one. Each partition once at most: the client may
    /// take how far it was read before for how far it is now.
    pub(crate) fn begin(&self, span: &Span) -> Result<(), KafkaError> {
        let mut assignment = TopicPartitionList::new();
        assignment
            .add_partition_offset(&self.topic, span.partition, Offset::Offset(span.from))
            .and_then(|()| self.consumer.assign(&assignment))
            .map_err(|source| self.failed(source))
    }

    /// The next record of the span; `None` behind the last. A span is read once.
    pub(crate) fn next(&self, span: &mut Span) -> Result<Option<OwnedMessage>, KafkaError> {
        let deadline = Instant::now() + SILENCE_MAX;
        let mut last = ClientError::NoMessageReceived;
        while span.from < span.end {
            match self.consumer.poll(POLL_WAIT) {
                Some(Ok(message)) if message.partition() == span.partition && message.offset() >= span.from => {
                    span.from = message.offset().saturating_add(1);
                    return Ok((message.offset() < span.end).then(|| message.detach()));
                }
                // Left over from the span before.
                Some(Ok(_)) => {}
                // Whether it is the end that was meant is not said: after a change of leaders it may be an earlier one.
                Some(Err(ClientError::PartitionEOF(_))) | None => span.from = span.from.max(self.position(span)?),
                Some(Err(error)) if is_final(&error) => return Err(self.failed(error)),
                Some(Err(error)) => last = error,
            }
            if Instant::now() > deadline {
                return Err(self.failed(last));
            }
        }
        Ok(None)
    }

    /// Behind which offset everything was read, also what is no record, such as the marks of transactions.
    fn position(&self, span: &Span) -> Result<i64, KafkaError> {
        let positions = self.consumer.position().map_err(|source| self.failed(source))?;
        let position = positions.find_partition(&self.topic, span.partition).map(|element| element.offset());
        // Nothing was read yet.
        let Some(Offset::Offset(offset)) = position else { return Ok(span.from) };
        Ok(offset)
    }

    fn failed(&self, source: ClientError) -> KafkaError {
        reading(&self.topic).failed(&self.settings, &self.contact, source)
    }
}

/// All records of a topic up to where it ended. An error is the last item.
pub(crate) struct Records {
    reader: Reader,
    /// What is left; the first is being read.
    spans: VecDeque<Span>,
    is_begun: bool,
}

impl Records {
    /// The topic, the prefix included.
    pub(crate) fn topic(&self) -> &str {
        &self.reader.topic
    }

    fn next_record(&mut self) -> Result<Option<OwnedMessage>, KafkaError> {
        while let Some(span) = self.spans.front_mut() {
            if !self.is_begun {
                self.reader.begin(span)?;
                self.is_begun = true;
            }
            if let Some(message) = self.reader.next(span)? {
                return Ok(Some(message));
            }
            self.spans.pop_front();
            self.is_begun = false;
        }
        Ok(None)
    }
}

impl Iterator for Records {
    type Item = Result<OwnedMessage, KafkaError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.next_record();
        if record.is_err() {
            self.spans.clear();
        }
        record.transpose()
    }
}

const fn reading(topic: &str) -> Attempt<'_> {
    Attempt { action: "read a topic", operation: "Read", resource: Resource::Topic(topic) }
}

/// Whether the partition gets another leader at the moment.
fn leader_changes(error: &ClientError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::LeaderNotAvailable
                | RDKafkaErrorCode::NotLeaderForPartition
                | RDKafkaErrorCode::OffsetNotAvailable
                | RDKafkaErrorCode::FencedLeaderEpoch
                | RDKafkaErrorCode::UnknownLeaderEpoch
        )
    )
}

/// Whether waiting will not help.
fn is_final(error: &ClientError) -> bool {
    matches!(error, ClientError::MessageConsumptionFatal(_))
        || matches!(
            error.rdkafka_error_code(),
            Some(RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::Authentication)
        )
}
