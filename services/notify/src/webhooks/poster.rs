//! Posts a message, and says what came of it.

use std::{
    io,
    time::{Duration, SystemTime},
};

use chrono::Utc;
use openssl::error::ErrorStack;
use ureq::{
    Agent, Body,
    http::{Response, header::RETRY_AFTER},
    tls::{RootCerts, TlsConfig, TlsProvider},
};

use super::{Webhook, message::Message};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of an answer is read, and thrown away, so that the connection can be used again.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;
/// "It is gone": no event is wanted any more.
const GONE: u16 = 410;

/// Posts messages. Clones share their connections.
#[derive(Clone)]
pub(super) struct Poster(Agent);

/// Why a message did not arrive. Says nothing of what the other side wrote.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    /// It arrived, and was not taken.
    #[error("the receiver answered {status}")]
    Answered {
        /// The status of HTTP.
        status: u16,
        /// What it asks for: no other attempt earlier than this.
        retry_after: Option<Duration>,
    },
    /// It took too long.
    #[error("the receiver took too long")]
    TooSlow,
    /// It was not reached, or not understood, or it broke off.
    #[error("the receiver was not reached, or broke off")]
    Broken,
    /// The message could not be signed.
    #[error("the message could not be signed")]
    Unsigned(#[from] ErrorStack),
}

impl PostError {
    /// Whether the other side wants nothing any more.
    pub(super) const fn is_gone(&self) -> bool {
        matches!(self, Self::Answered { status: GONE, .. })
    }

    /// How long it asks to be left alone.
    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Answered { retry_after, .. } => *retry_after,
            Self::TooSlow | Self::Broken | Self::Unsigned(_) => None,
        }
    }

    /// The word for it in the metrics.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Answered { .. } => "refused",
            Self::TooSlow => "too_slow",
            Self::Broken => "broken",
            Self::Unsigned(_) => "unsigned",
        }
    }
}

impl Poster {
    /// One whose attempts take this long at most, all in all.
    pub(super) fn new(attempt_max: Duration) -> Self {
        let tls = TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(RootCerts::PlatformVerifier);
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .timeout_connect(Some(CONNECT_TIMEOUT.min(attempt_max)))
            .timeout_global(Some(attempt_max))
            .http_status_as_error(false)
            // They might lead to where no operator sent us.
            .max_redirects(0)
            .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")));
        Self(config.build().into())
    }

    /// Posts a message, signed, and blocks until that is over; gives the status that it was taken with.
    pub(super) fn post(&self, webhook: &Webhook, message: &Message) -> Result<u16, PostError> {
        let now = Utc::now();
        let timestamp = now.timestamp();
        let mut signatures = webhook.secret.sign(&message.id, timestamp, &message.body)?;
        if let Some(old) = webhook.old_secret.as_ref().filter(|old| old.until > now) {
            signatures = format!("{signatures} {}", old.secret.sign(&message.id, timestamp, &message.body)?);
        }
        let answered = self
            .0
            .post(&webhook.url)
            .header("content-type", "application/cloudevents+json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signatures)
            .send(&message.body);
        outcome(answered)
    }
}

fn outcome(answered: Result<Response<Body>, ureq::Error>) -> Result<u16, PostError> {
    let answer = answered.map_err(|error| match error {
        ureq::Error::Timeout(_) => PostError::TooSlow,
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => PostError::TooSlow,
        _ => PostError::Broken,
    })?;
    let status = answer.status();
    let retry_after =
        answer.headers().get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, SystemTime::now()));
    // The status is the answer, whatever becomes of the rest.
    let _ = answer.into_body().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
    if status.is_success() {
        return Ok(status.as_u16());
    }
    Err(PostError::Answered { status: status.as_u16(), retry_after })
}

/// How long a `Retry-After` asks to wait: a number of seconds, or a date of HTTP; nothing if that has passed.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    date.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_after_is_a_number_of_seconds_or_a_date() {
        // Sun, 06 Nov 1994 08:49:37 GMT.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let seconds = |text| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:51:37 GMT"), Some(120));
        assert_eq!(seconds("Sunday, 06-Nov-94 08:51:37 GMT"), Some(120));
        assert_eq!(seconds("Sun Nov  6 08:51:37 1994"), Some(120));
        for nothing in ["Sun, 06 Nov 1994 08:49:36 GMT", "-1", "soon", "", "1994-11-06T08:51:37Z"] {
            assert_eq!(seconds(nothing), None, "{nothing:?}");
        }
    }
}
