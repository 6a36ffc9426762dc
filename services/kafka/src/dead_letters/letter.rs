//! One dead letter.

use std::{fmt, str::FromStr};

use chrono::DateTime;
use licensing::Instant;
use rdkafka::{Message, message::OwnedMessage};
use serde::Serialize;

use super::header;
use crate::headers::{self, Named};

/// Where a dead letter lies in its topic; shown as `3/17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId {
    /// The partition.
    pub partition: i32,
    /// The offset in it.
    pub offset: i64,
}

/// A text that names no dead letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no dead letter: take the id from the list, such as 3/17")]
pub struct InvalidLetterId(String);

/// A message that was refused or could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Where it lies.
    pub id: LetterId,
    /// Why it was refused.
    pub code: String,
    /// The same for people.
    pub reason: String,
    /// When; `None` if that can't be read.
    pub time: Option<Instant>,
    /// The topic it came by, without a prefix.
    pub topic: String,
    /// The partition there.
    pub partition: Option<i32>,
    /// And the offset.
    pub offset: Option<i64>,
    /// Its key, where it is text: the licensee or user.
    pub key: Option<String>,
    /// The attribute `type`; `None` where it can't be read, as for all attributes of a message in structured mode.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// The attribute `source`.
    pub source: Option<String>,
    /// The attribute `id`.
    pub event_id: Option<String>,
    /// How large the body is, bytes.
    pub body_bytes: usize,
    /// Whether the body is missing, and perhaps key and attributes as well, because they were too large for the topic.
    pub is_body_omitted: bool,
    /// The id under which it was sent again last, if it was.
    pub retried_as: Option<String>,
}

impl DeadLetter {
    pub(super) fn read(message: &OwnedMessage, headers: &Named, retried_as: Option<String>) -> Self {
        let text = |name| headers::text(headers, name).map(str::to_owned);
        Self {
            id: LetterId { partition: message.partition(), offset: message.offset() },
            code: text(header::CODE).unwrap_or_default(),
            reason: text(header::REASON).unwrap_or_default(),
            time: parsed::<DateTime<_>>(headers, header::TIME),
            topic: text(header::TOPIC).unwrap_or_default(),
            partition: parsed(headers, header::PARTITION),
            offset: parsed(headers, header::OFFSET),
            key: message.key().and_then(|key| str::from_utf8(key).ok()).map(str::to_owned),
            type_name: text("ce_type"),
            source: text("ce_source"),
            event_id: text("ce_id"),
            body_bytes: message.payload().map_or(0, <[u8]>::len),
            is_body_omitted: headers::text(headers, header::BODY) == Some(header::OMITTED),
            retried_as,
        }
    }
}

fn parsed<T: FromStr>(headers: &Named, name: &str) -> Option<T> {
    headers::text(headers, name)?.parse().ok()
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition, self.offset)
    }
}

impl FromStr for LetterId {
    type Err = InvalidLetterId;

    fn from_str(text: &str) -> Result<Self, InvalidLetterId> {
        let invalid = || InvalidLetterId(text.to_owned());
        let (partition, offset) = text.split_once('/').ok_or_else(invalid)?;
        let partition = partition.parse().map_err(|_| invalid())?;
        let offset = offset.parse().map_err(|_| invalid())?;
        Ok(Self { partition, offset })
    }
}

impl Serialize for LetterId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_shown() {
        let id = LetterId { partition: 3, offset: 17 };
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "3", "3/", "/17", "3/17/1", "a/b"] {
            assert!(bad.parse::<LetterId>().is_err(), "{bad:?} was taken");
        }
    }
}
