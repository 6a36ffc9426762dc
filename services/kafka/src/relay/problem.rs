//! Why a shard can't be relayed at the moment.

use contract::borrowed::DamagedMessage;
use journal::JournalError;
use rdkafka::error::KafkaError as ClientError;

use crate::{KafkaError, RecordError};

/// Why a shard can't be relayed at the moment. It is logged and tried again.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// Another process took over, or the broker gave up waiting for us.
    #[error("another relay took the shard over: nothing to do, the lease tells who goes on")]
    Fenced(#[source] Box<ClientError>),
    /// Nobody wants the shard relayed from here any more.
    #[error("the shard is no longer relayed here")]
    NotWanted,
    /// Writing to the topic or reading it failed.
    #[error("the topic cannot be written or read")]
    Kafka(#[from] KafkaError),
    /// Reading the journal failed.
    #[error("the journal cannot be read")]
    Journal(#[from] JournalError),
    /// A commit holds what none should.
    #[error("commit {number} cannot be read: the store is damaged, run usher verify")]
    Commit {
        /// Its number.
        number: u64,
        /// What is wrong with it.
        #[source]
        source: DamagedMessage,
    },
    /// An event can be no record.
    #[error("an event of commit {number} cannot be sent")]
    Event {
        /// The commit's number.
        number: u64,
        /// What is wrong with it.
        #[source]
        source: RecordError,
    },
    /// Somebody else has a transaction open on the partition.
    #[error(
        "a transaction that is not ours is open on partition {partition} of {topic}, and what is behind it cannot be \
         seen: kafka-transactions.sh find-hanging tells whose, and only usher may have the right to write there"
    )]
    ForeignTransaction {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
    },
    /// The topic holds the events of another store.
    #[error(
        "the topic {topic} holds events of {found}, but this store is {ours}: use another kafka_prefix (USHER_KAFKA_PREFIX), or delete the \
         topic if that store is no more"
    )]
    ForeignTopic {
        /// The topic.
        topic: String,
        /// Whose events it holds.
        found: String,
        /// Whose they should be.
        ours: String,
    },
    /// The topic holds an event that the journal does not.
    #[error(
        "the topic {topic} goes on to commit {commit} of shard {shard}, which the journal does not hold: the store was \
         put back to an older state, and docs/operations.md says how to go on from there"
    )]
    Ahead {
        /// The topic.
        topic: String,
        /// The shard.
        shard: u16,
        /// The commit that the last record is of.
        commit: u64,
    },
    /// The beginning of the topic was deleted, and nothing else is there.
    #[error(
        "all records of partition {partition} of {topic} were deleted, so nothing tells what was relayed: delete the \
         topic, and usher writes all events anew"
    )]
    Deleted {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
    },
}

impl Problem {
    /// The word for it in metrics.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Fenced(_) => "fenced",
            Self::NotWanted => "not_wanted",
            Self::Kafka(_) => "kafka",
            Self::Journal(_) => "journal",
            Self::Commit { .. } | Self::Event { .. } => "unreadable",
            Self::ForeignTransaction { .. } => "foreign_transaction",
            Self::ForeignTopic { .. } => "foreign_topic",
            Self::Ahead { .. } => "ahead",
            Self::Deleted { .. } => "deleted",
        }
    }
}
