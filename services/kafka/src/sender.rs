//! Sends messages and waits for the brokers to have them.

use std::collections::VecDeque;

use rdkafka::{
    error::{KafkaError as ClientError, RDKafkaErrorCode},
    producer::{DeliveryFuture, FutureProducer, FutureRecord},
};

use crate::{
    KafkaError, Settings,
    attempt::{Attempt, Resource},
    blocking,
    client::Contact,
    headers::{self, Named},
};

/// How many messages are under way at once.
const UNDER_WAY_MAX: usize = 8_192;

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// The topic, the prefix included.
    pub(crate) topic: String,
    /// `None` for the one that the key tells.
    pub(crate) partition: Option<i32>,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) headers: Named,
    pub(crate) body: Option<Vec<u8>>,
}

/// Sends messages; those of one partition arrive once and in order.
pub(crate) struct Sender {
    settings: Settings,
    contact: Contact,
    producer: FutureProducer<Contact>,
    /// The topic of each, for the error.
    under_way: VecDeque<(String, DeliveryFuture)>,
}

impl Sender {
    pub(crate) fn new(settings: &Settings) -> Result<Self, KafkaError> {
        let contact = Contact::default();
        let created = settings.producer().create_with_context(contact.clone());
        let producer = created.map_err(|source| sending("").failed(settings, &contact, source))?;
        Ok(Self { settings: settings.clone(), contact, producer, under_way: VecDeque::new() })
    }

    /// Sends a message; waits for earlier ones if too many are under way.
    ///
    /// # Errors
    /// [`KafkaError`] when this one or an earlier one can't be sent.
    pub(crate) fn send(&mut self, message: Outgoing) -> Result<(), KafkaError> {
        while self.under_way.len() >= UNDER_WAY_MAX {
            self.wait_for_first()?;
        }
        loop {
            let headers = message.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
            let record = FutureRecord {
                topic: &message.topic,
                partition: message.partition,
                payload: message.body.as_deref(),
                key: message.key.as_deref(),
                timestamp: None,
                headers: Some(headers::write(headers)),
            };
            match self.producer.send_result(record) {
                Ok(delivery) => {
                    self.under_way.push_back((message.topic, delivery));
                    return Ok(());
                }
                Err((error, _)) if is_full(&error) && !self.under_way.is_empty() => self.wait_for_first()?,
                Err((error, _)) => return Err(self.failed(&message.topic, error)),
            }
        }
    }

    /// Waits until the brokers have all messages.
    ///
    /// # Errors
    /// [`KafkaError`] when one can't be sent.
    pub(crate) fn wait(&mut self) -> Result<(), KafkaError> {
        while !self.under_way.is_empty() {
            self.wait_for_first()?;
        }
        Ok(())
    }

    fn wait_for_first(&mut self) -> Result<(), KafkaError> {
        let Some((topic, delivery)) = self.under_way.pop_front() else { return Ok(()) };
        match blocking::wait_for(delivery) {
            Ok(Ok(_)) => Ok(()),
            Ok(Err((error, _))) => Err(self.failed(&topic, error)),
            Err(_) => Err(self.failed(&topic, ClientError::Canceled)),
        }
    }

    fn failed(&self, topic: &str, error: ClientError) -> KafkaError {
        sending(topic).failed(&self.settings, &self.contact, error)
    }
}

fn is_full(error: &ClientError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull)
}

/// What sending to a topic is, for the error.
pub(crate) const fn sending(topic: &str) -> Attempt<'_> {
    Attempt { action: "send a message", operation: "Write", resource: Resource::Topic(topic) }
}
