//! Usher and Apache Kafka: journal to topic, topics to engine.

mod attempt;
mod blocking;
mod client;
mod codes;
pub mod dead_letters;
mod error;
mod headers;
mod history;
mod intake;
mod partitions;
mod pause;
mod publish;
mod reader;
mod record;
mod relay;
mod sender;
mod settings;
pub mod topics;

pub use error::KafkaError;
pub use history::{History, read_history};
pub use intake::{Intake, Outcome, Sink, SinkError, Submitted};
pub use publish::{Courier, DataForm, Published, Publisher};
pub use record::{RecordError, from_record};
pub use relay::Relay;
pub use settings::{
    InvalidSecurity, InvalidSettings, Mechanism, Protocol, Secret, Security, SecurityOptions, Settings, UnknownWord,
};
