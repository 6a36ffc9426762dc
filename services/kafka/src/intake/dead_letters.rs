//! Sends what was refused to the dead letters.

use std::{error::Error, time::Duration};

use chrono::{SecondsFormat, Utc};
use journal::Stopping;
use licensing::Refusal;
use metrics::counter;
use parking_lot::Mutex;
use rdkafka::{
    error::{KafkaError as ClientError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer},
};

use super::received::Received;
use crate::{
    KafkaError, Settings,
    attempt::{Attempt, Resource},
    client::Contact,
    dead_letters::header,
    pause::Pause,
    topics,
};

/// How much of a reason is sent, in characters.
const REASON_CHARS_MAX: usize = 2_000;

/// How often a pause looks whether the intake stops.
const STOP_LOOK: Duration = Duration::from_millis(100);

/// The way to the dead letters.
pub(super) struct DeadLetters {
    settings: Settings,
    contact: Contact,
    topic: String,
    /// Replaced when it fails for good.
    producer: Mutex<FutureProducer<Contact>>,
}

/// A message that was refused, and why.
pub(super) struct DeadLetter<'a> {
    pub(super) received: &'a Received,
    pub(super) refusal: &'a Refusal,
}

/// How much of a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    /// The topic takes no message of its size: it stays where it came from, and the letter says so.
    WithoutBody,
    /// Not even its key and headers are taken: only where it is, and why it was refused.
    ReasonOnly,
}

impl Extent {
    /// What to send where the topic does not take that much.
    const fn smaller(self) -> Option<Self> {
        match self {
            Self::Whole => Some(Self::WithoutBody),
            Self::WithoutBody => Some(Self::ReasonOnly),
            Self::ReasonOnly => None,
        }
    }
}

impl DeadLetters {
    pub(super) fn new(settings: &Settings) -> Result<Self, KafkaError> {
        let contact = Contact::default();
        let topic = settings.prefixed(topics::DEAD_LETTERS);
        let producer = producer(settings, &contact);
        let producer = producer.map_err(|source| sending(&topic).failed(settings, &contact, source))?;
        Ok(Self { settings: settings.clone(), contact, topic, producer: Mutex::new(producer) })
    }

    /// Sends all of them, and gives back once the brokers have them: until then it tries. `false` if the intake stopped
    /// before that.
    pub(super) async fn send(&self, letters: &[DeadLetter<'_>], stopping: &Stopping) -> bool {
        // All at once first: waiting for each would take a round trip each.
        let under_way: Vec<_> = letters.iter().map(|letter| self.enqueue(letter, Extent::Whole)).collect();
        for (letter, first) in letters.iter().zip(under_way) {
            if !self.persist(letter, first, stopping).await {
                return false;
            }
            let code = letter.refusal.code.as_str();
            counter!("usher_intake_dead_letters_total", "topic" => letter.received.topic, "code" => code).increment(1);
        }
        true
    }

    async fn persist(
        &self,
        letter: &DeadLetter<'_>,
        first: Result<DeliveryFuture, ClientError>,
        stopping: &Stopping,
    ) -> bool {
        let mut attempt = first;
        let mut extent = Extent::Whole;
        let mut pause = Pause::new();
        loop {
            let Err(error) = delivered(attempt).await else { return true };
            match extent.smaller().filter(|_| is_too_large(&error)) {
                Some(smaller) => extent = smaller,
                None if stopping.is_asked() => return false,
                None => {
                    let error = sending(&self.topic).failed(&self.settings, &self.contact, error);
                    tracing::warn!(error = &error as &dyn Error, "a dead letter cannot be sent and is tried again");
                    self.replace_if_broken();
                    sleep_unless(stopping, pause.after_failure()).await;
                }
            }
            attempt = self.enqueue(letter, extent);
        }
    }

    fn enqueue(&self, letter: &DeadLetter<'_>, extent: Extent) -> Result<DeliveryFuture, ClientError> {
        let received = letter.received;
        let record = FutureRecord {
            topic: &self.topic,
            partition: None,
            payload: received.body.as_deref().filter(|_| extent == Extent::Whole),
            key: received.key.as_deref().filter(|_| extent != Extent::ReasonOnly),
            timestamp: None,
            headers: Some(headers(letter, extent)),
        };
        self.producer.lock().send_result(record).map_err(|(error, _)| error)
    }

    /// After some failures a producer fails for ever.
    fn replace_if_broken(&self) {
        let mut current = self.producer.lock();
        if current.client().fatal_error().is_none() {
            return;
        }
        match producer(&self.settings, &self.contact) {
            Ok(fresh) => *current = fresh,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot make a producer for dead letters")
            }
        }
    }
}

/// Sleeps, but hardly longer than until the intake stops.
async fn sleep_unless(stopping: &Stopping, mut left: Duration) {
    while !left.is_zero() && !stopping.is_asked() {
        let step = left.min(STOP_LOOK);
        tokio::time::sleep(step).await;
        left = left.saturating_sub(step);
    }
}

async fn delivered(attempt: Result<DeliveryFuture, ClientError>) -> Result<(), ClientError> {
    match attempt?.await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err((error, _))) => Err(error),
        // The producer was replaced meanwhile.
        Err(_) => Err(ClientError::Canceled),
    }
}

fn producer(settings: &Settings, contact: &Contact) -> Result<FutureProducer<Contact>, ClientError> {
    let mut config = settings.producer();
    // What is not taken by then is looked at, and sent again.
    config.set("message.timeout.ms", "30000");
    config.create_with_context(contact.clone())
}

/// The headers as they came, and why they are here.
fn headers(letter: &DeadLetter<'_>, extent: Extent) -> OwnedHeaders {
    let received = letter.received;
    let partition = received.partition.to_string();
    let offset = received.offset.to_string();
    let time = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let reason: String = letter.refusal.detail.chars().take(REASON_CHARS_MAX).collect();
    let mut ours = vec![
        (header::CODE, letter.refusal.code.as_str()),
        (header::REASON, &reason),
        (header::TOPIC, received.topic),
        (header::PARTITION, &partition),
        (header::OFFSET, &offset),
        (header::TIME, &time),
    ];
    if extent != Extent::Whole {
        ours.push((header::BODY, header::OMITTED));
    }
    if extent == Extent::ReasonOnly {
        ours.push((header::HEADERS, header::OMITTED));
    }
    let came = received.headers.clone().filter(|_| extent != Extent::ReasonOnly).unwrap_or_default();
    ours.into_iter().fold(came, |all, (key, value)| all.insert(Header { key, value: Some(value) }))
}

fn is_too_large(error: &ClientError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize)
    )
}

const fn sending(topic: &str) -> Attempt<'_> {
    Attempt { action: "send a dead letter", operation: "Write", resource: Resource::Topic(topic) }
}
