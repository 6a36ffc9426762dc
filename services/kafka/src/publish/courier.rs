//! Single events, each with word of when the brokers had it.

use std::{sync::Arc, time::Duration};

use rdkafka::producer::{FutureProducer, FutureRecord};

use super::{DataForm, check_topics, line};
use crate::{
    KafkaError, Settings,
    client::Contact,
    headers,
    sender::{Outgoing, sending},
};

/// How long a message may wait for room among those under way.
const ROOM_WAIT: Duration = Duration::from_secs(30);

/// Sends single events, one in the JSON format, in CloudEvents' binary mode, and tells of each when the brokers have it.
/// Clones share one producer.
#[derive(Clone)]
pub struct Courier {
    settings: Arc<Settings>,
    contact: Contact,
    producer: FutureProducer<Contact>,
    form: DataForm,
}

impl Courier {
    /// Sends to these brokers; the topics must be there ([`ensure`](crate::topics::ensure)). Blocks.
    ///
    /// # Errors
    /// [`KafkaError`] when a topic is not there, or no broker answers.
    pub fn new(settings: &Settings, form: DataForm) -> Result<Self, KafkaError> {
        check_topics(settings)?;
        let contact = Contact::default();
        let created = settings.producer().create_with_context(contact.clone());
        let producer = created.map_err(|source| sending("").failed(settings, &contact, source))?;
        Ok(Self { settings: Arc::new(settings.clone()), contact, producer, form })
    }

    /// Sends an event, whatever it holds, and waits until the brokers have it.
    ///
    /// # Errors
    /// [`KafkaError`] when it can't be sent.
    pub async fn deliver(&self, event: &[u8]) -> Result<(), KafkaError> {
        let Outgoing { topic, partition, key, headers, body } = line::read(event, self.form).addressed(&self.settings);
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        let record = FutureRecord {
            topic: &topic,
            partition,
            payload: body.as_deref(),
            key: key.as_deref(),
            timestamp: None,
            headers: Some(headers::write(headers)),
        };
        let sent = self.producer.send(record, ROOM_WAIT).await;
        sent.map(drop).map_err(|(error, _)| sending(&topic).failed(&self.settings, &self.contact, error))
    }
}
