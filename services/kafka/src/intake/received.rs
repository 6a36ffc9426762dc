//! A message as it came.

use contract::incoming::{Incoming, from_binary, from_json};
use licensing::{Code, Refusal};
use rdkafka::{
    Message,
    message::{BorrowedMessage, OwnedHeaders},
};

use crate::{headers, topics};

/// The longest body that is decoded, bytes: what a broker takes by default.
const BODY_BYTES_MAX: usize = 1024 * 1024;

const STRUCTURED: &str = "application/cloudevents+json";

/// A message as it came, kept until it is done: it may become a dead letter.
#[derive(Debug)]
pub(super) struct Received {
    /// The topic without its prefix.
    pub(super) topic: &'static str,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) key: Option<Vec<u8>>,
    /// `None` for a tombstone.
    pub(super) body: Option<Vec<u8>>,
    pub(super) headers: Option<OwnedHeaders>,
}

impl Received {
    pub(super) fn new(topic: &'static str, message: &BorrowedMessage<'_>) -> Self {
        Self {
            topic,
            partition: message.partition(),
            offset: message.offset(),
            key: message.key().map(<[u8]>::to_vec),
            body: message.payload().map(<[u8]>::to_vec),
            headers: message.headers().map(rdkafka::message::BorrowedHeaders::detach),
        }
    }

    /// About how much memory it takes, bytes.
    pub(super) fn size(&self) -> usize {
        const OVERHEAD: usize = 1024;
        self.body.as_ref().map_or(0, Vec::len) + self.key.as_ref().map_or(0, Vec::len) + OVERHEAD
    }

    /// What it says, as far as it can be read; the same each time.
    pub(super) fn decode(&self) -> Incoming {
        let named = headers::read(self.headers.as_ref());
        let body = self.body.as_deref();
        let bytes = body.map_or(0, <[u8]>::len);
        if bytes > BODY_BYTES_MAX {
            let detail = format!("the message has {bytes} bytes: send at most {BODY_BYTES_MAX}");
            return Incoming { request: Err(Refusal::new(Code::MalformedEvent, detail)), ..from_binary(&named, None) };
        }
        let incoming = match body {
            Some(body) if is_structured(&named) => from_json(body),
            _ => from_binary(&named, body),
        };
        self.admitted(incoming)
    }

    /// Refuses what another topic is for: who may write to one need not have the right for the other.
    fn admitted(&self, incoming: Incoming) -> Incoming {
        if incoming.request.is_err() || topics::of_type(&incoming.type_name) == Some(self.topic) {
            return incoming;
        }
        let detail =
            format!("the type {} is not one of the topic {}: send it to its own", incoming.type_name, self.topic);
        Incoming { request: Err(Refusal::new(Code::UnknownEventType, detail)), ..incoming }
    }
}

fn is_structured(headers: &headers::Named) -> bool {
    let content_type = headers::text(headers, "content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case(STRUCTURED)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"specversion":"1.0","source":"/s","id":"1","type":"usher.usage.v1.CodeSuggestionsUsed",
        "time":"2024-03-01T08:00:00Z","data":{"user":"u-1","used_at":"2024-03-01T08:00:00Z"}}"#;

    fn received(topic: &'static str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Received {
        Received {
            topic,
            partition: 0,
            offset: 0,
            key: None,
            body: body.map(<[u8]>::to_vec),
            headers: Some(headers::write(headers.iter().map(|(name, value)| (*name, value.as_bytes())))),
        }
    }

    fn binary_headers(content_type: &'static str) -> [(&'static str, &'static str); 6] {
        [
            ("ce_specversion", "1.0"),
            ("ce_source", "/s"),
            ("ce_id", "1"),
            ("ce_type", "usher.usage.v1.CodeSuggestionsUsed"),
            ("ce_time", "2024-03-01T08:00:00Z"),
            ("content-type", content_type),
        ]
    }

    fn code(received: &Received) -> Option<Code> {
        received.decode().request.err().map(|refusal| refusal.code)
    }

    #[test]
    fn either_mode_says_the_same() {
        let topic = "usher.usage.v1";
        let data = br#"{"user":"u-1","used_at":"2024-03-01T08:00:00Z"}"#;
        let binary = received(topic, &binary_headers("application/json"), Some(data));
        let content_type = "application/cloudevents+json; charset=utf-8";
        let structured = received(topic, &[("Content-Type", content_type)], Some(EVENT.as_bytes()));
        assert!(binary.decode().request.is_ok());
        assert_eq!(structured.decode(), binary.decode());
    }

    #[test]
    fn a_type_of_another_topic_is_refused_under_its_own_key() {
        let content_type = ("content-type", STRUCTURED);
        let misplaced = received("usher.seats.v1", &[content_type], Some(EVENT.as_bytes()));
        assert_eq!(code(&misplaced), Some(Code::UnknownEventType));
        assert_eq!(misplaced.decode().key.unwrap().id(), "1");
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let topic = "usher.usage.v1";
        let headers = binary_headers("application/protobuf");
        assert_eq!(code(&received(topic, &headers, None)), Some(Code::MalformedEvent));
        assert_eq!(code(&received(topic, &headers, Some(b"\xff\xff"))), Some(Code::MalformedEvent));
        assert_eq!(code(&received(topic, &[], Some(b"hello"))), Some(Code::MalformedEvent));
        let large = vec![0; 5 * 1024 * 1024];
        let too_large = received(topic, &headers, Some(&large)).decode();
        assert_eq!(too_large.request.unwrap_err().code, Code::MalformedEvent);
        assert_eq!(too_large.key.unwrap().id(), "1");
    }
}
