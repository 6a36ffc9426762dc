//! Events of a JSON Lines file to the topics they belong to.

mod courier;
mod line;
mod protobuf;

pub use courier::Courier;
use serde::Serialize;

use crate::{
    KafkaError, Settings,
    reader::{Isolation, Reader},
    sender::Sender,
    topics,
};

/// In which form the data of a message is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DataForm {
    /// As it stands in the line.
    #[default]
    Json,
    /// As protobuf.
    Protobuf,
}

/// How many messages were sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    /// All of them.
    pub sent: u64,
    /// Those among them that can't be told in headers and data, or belong to no topic, and were sent as they stood: they
    /// will be refused, and be found among the dead letters.
    pub as_they_stood: u64,
}

/// Sends events, one a line in the JSON format, in CloudEvents' binary mode. Those of one licensee or user stay in order
/// within a topic.
pub struct Publisher {
    settings: Settings,
    sender: Sender,
    form: DataForm,
    published: Published,
}

impl Publisher {
    /// Sends to these brokers; the topics must be there ([`ensure`](crate::topics::ensure)).
    ///
    /// # Errors
    /// [`KafkaError`] when a topic is not there, or no broker answers.
    pub fn new(settings: &Settings, form: DataForm) -> Result<Self, KafkaError> {
        check_topics(settings)?;
        let sender = Sender::new(settings)?;
        Ok(Self { settings: settings.clone(), sender, form, published: Published::default() })
    }

    /// Sends a line, whatever it holds. Blocks while too many are under way.
    ///
    /// # Errors
    /// [`KafkaError`] when this line or one before it can't be sent.
    pub fn send(&mut self, line: &[u8]) -> Result<(), KafkaError> {
        let message = line::read(line, self.form);
        let is_as_it_stood = message.is_as_it_stood;
        self.sender.send(message.addressed(&self.settings))?;
        self.published.sent += 1;
        self.published.as_they_stood += u64::from(is_as_it_stood);
        Ok(())
    }

    /// Waits until the brokers have every line so far.
    ///
    /// # Errors
    /// [`KafkaError`] when one can't be sent.
    pub fn flush(&mut self) -> Result<(), KafkaError> {
        self.sender.wait()
    }

    /// Waits until the brokers have every line.
    ///
    /// # Errors
    /// [`KafkaError`] when one can't be sent.
    pub fn finish(mut self) -> Result<Published, KafkaError> {
        self.sender.wait()?;
        Ok(self.published)
    }
}

/// Whether the topics are there that messages go to.
fn check_topics(settings: &Settings) -> Result<(), KafkaError> {
    // A producer would only say after minutes that there is no such topic, or no broker.
    for topic in topics::INBOUND {
        match Reader::new(settings, settings.prefixed(topic), Isolation::Committed)?.partitions() {
            // Which right it takes to write, sending tells.
            Ok(_) | Err(KafkaError::Forbidden { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
