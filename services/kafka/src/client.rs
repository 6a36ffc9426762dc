//! What librdkafka tells its clients, and clients that hear it.

use std::sync::Arc;

use parking_lot::Mutex;
use rdkafka::{
    ClientContext, Message,
    config::RDKafkaLogLevel,
    consumer::ConsumerContext,
    error::{KafkaError as ClientError, RDKafkaErrorCode},
    message::DeliveryResult,
    producer::ProducerContext,
};

use crate::codes::is_login;

/// Hears what librdkafka says about a client: hands its log on, and remembers the last trouble, since the failure of a
/// call itself mostly says only that time ran out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contact {
    last: Arc<Mutex<Option<Trouble>>>,
}

/// What went wrong last.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) code: RDKafkaErrorCode,
    pub(crate) reason: String,
}

impl Contact {
    /// What went wrong last, of a kind that explains other failures.
    pub(crate) fn last_trouble(&self) -> Option<Trouble> {
        self.last.lock().clone()
    }

    /// Whether a broker answered, but did not let us in: then waiting does not help.
    pub(crate) fn is_turned_away(&self) -> bool {
        self.last_trouble().is_some_and(|trouble| trouble.code == RDKafkaErrorCode::SSL || is_login(trouble.code))
    }

    fn remember(&self, trouble: Trouble) {
        let mut last = self.last.lock();
        // That all brokers are down follows from a trouble that says more.
        if trouble.code != RDKafkaErrorCode::AllBrokersDown || last.is_none() {
            *last = Some(trouble);
        }
    }
}

impl ClientContext for Contact {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                tracing::warn!(facility, message, "kafka client");
            }
            RDKafkaLogLevel::Warning => tracing::info!(facility, message, "kafka client"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::debug!(facility, message, "kafka client");
            }
        }
    }

    fn error(&self, error: ClientError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
        if let Some(code) = error.rdkafka_error_code() {
            // If TLS fails with the very first bytes, librdkafka says that the transport did; OpenSSL's words are in it.
            let code = if reason.contains("SSL routines") { RDKafkaErrorCode::SSL } else { code };
            self.remember(Trouble { code, reason: reason.to_owned() });
        }
    }
}

impl ConsumerContext for Contact {}

impl ProducerContext for Contact {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let Err((error, message)) = result else { return };
        tracing::debug!(%error, topic = message.topic(), partition = message.partition(), "a record was not delivered");
    }
}
