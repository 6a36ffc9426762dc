//! Why something could not be done with Kafka.

use rdkafka::error::KafkaError as ClientError;

use crate::record::RecordError;

/// Why something could not be done with Kafka.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KafkaError {
    /// No broker answers.
    #[error("cannot reach kafka at {bootstrap} ({detail}): check --kafka, and that the brokers run and are reachable")]
    Unreachable {
        /// The brokers that were tried first.
        bootstrap: String,
        /// What the client said.
        detail: String,
        /// What failed because of it.
        #[source]
        source: Box<ClientError>,
    },
    /// The broker did not take the login.
    #[error("kafka at {bootstrap} refused the login ({detail}): check user name, password and mechanism")]
    Login {
        /// The brokers that were tried first.
        bootstrap: String,
        /// What the broker said.
        detail: String,
        /// What failed because of it.
        #[source]
        source: Box<ClientError>,
    },
    /// TLS could not be agreed on.
    #[error("no TLS with kafka at {bootstrap} ({detail}): check the protocol, the ca file and our certificate")]
    Tls {
        /// The brokers that were tried first.
        bootstrap: String,
        /// What the client said.
        detail: String,
        /// What failed because of it.
        #[source]
        source: Box<ClientError>,
    },
    /// The broker forbids it.
    #[error(
        "kafka does not let {principal} {operation} {resource}: kafka-acls.sh --bootstrap-server {bootstrap} --add \
         --allow-principal User:{principal} --operation {operation} {option} {resource}"
    )]
    Forbidden {
        /// The brokers.
        bootstrap: String,
        /// Who we are to the broker.
        principal: String,
        /// What is forbidden, in the words of Kafka's ACLs.
        operation: &'static str,
        /// `--topic`, `--group` or `--transactional-id`.
        option: &'static str,
        /// Which of them.
        resource: String,
        /// What the client said.
        #[source]
        source: Box<ClientError>,
    },
    /// A topic is not there.
    #[error("there is no topic {topic}: start usher with --kafka once, or create it as docs/operations.md says")]
    NoTopic {
        /// The topic.
        topic: String,
    },
    /// A topic could not be made.
    #[error(
        "cannot create the topic {topic}: see the cause, or create it with kafka-topics.sh as docs/operations.md says"
    )]
    CreateTopic {
        /// The topic.
        topic: String,
        /// What the broker said.
        #[source]
        source: Box<ClientError>,
    },
    /// A topic was made for another number of shards.
    #[error(
        "the topic {topic} has {found} partitions, but the store {expected} shards, and each needs its own: let a topic \
         that usher has not written to yet be made anew (kafka-topics.sh --bootstrap-server {bootstrap} --delete --topic \
         {topic}), or use another kafka_prefix (USHER_KAFKA_PREFIX)"
    )]
    WrongPartitions {
        /// The brokers.
        bootstrap: String,
        /// The topic.
        topic: String,
        /// How many partitions it has.
        found: usize,
        /// How many shards there are.
        expected: u16,
    },
    /// A topic would lose what it holds.
    #[error(
        "the topic {topic} has {setting}={found}, so it would lose what it holds: kafka-configs.sh --bootstrap-server \
         {bootstrap} --alter --entity-type topics --entity-name {topic} --add-config {setting}={expected}"
    )]
    WrongSetting {
        /// The brokers.
        bootstrap: String,
        /// The topic.
        topic: String,
        /// The setting's name.
        setting: String,
        /// What it is set to.
        found: String,
        /// What it has to be set to.
        expected: String,
    },
    /// What comes with the program is damaged.
    #[error("the list of topics that comes with usher cannot be read: this is a defect, report it")]
    Catalogue(#[source] toml::de::Error),
    /// A record of the topic is none of ours.
    #[error("the record at offset {offset} of partition {partition} of {topic} is no event: somebody else wrote there")]
    Record {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// Its offset.
        offset: i64,
        /// What is wrong with it.
        #[source]
        source: RecordError,
    },
    /// A thread could not be started.
    #[error("cannot start a thread for kafka: raise the limit on threads")]
    Thread(#[source] std::io::Error),
    /// The task that hands in the messages of a shard panicked.
    #[error("messages of shard {shard} are no longer handed in: the intake begins anew")]
    LaneEnded {
        /// The shard.
        shard: u16,
    },
    /// Another failure.
    #[error("kafka at {bootstrap} cannot {action}: see the cause")]
    Client {
        /// The brokers.
        bootstrap: String,
        /// What was tried.
        action: &'static str,
        /// What the client said.
        #[source]
        source: Box<ClientError>,
    },
}
