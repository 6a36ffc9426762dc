//! CloudEvents in the JSON format, one or a batch.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_STANDARD};
use licensing::Refusal;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    Incoming,
    attribute::Attribute,
    content::{Content, Form, form_of},
    envelope::Envelope,
    malformed::Malformed,
    message::digest_as_sent,
};
use crate::wire_json;

/// The most events of one batch.
pub const BATCH_EVENTS_MAX: usize = 1_000;

/// Why a body is no batch of events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotABatch {
    /// It is not JSON, or not a list.
    #[error("the body is not a JSON array: send an array of CloudEvents in the JSON format")]
    NoArray,
    /// It is longer than [`BATCH_EVENTS_MAX`].
    #[error("the batch has {events} events: send at most {BATCH_EVENTS_MAX} at once")]
    TooLong {
        /// How many it has.
        events: usize,
    },
}

/// Reads one event in the JSON format (`application/cloudevents+json`, a line of JSON Lines).
pub fn from_json(bytes: &[u8]) -> Incoming {
    wire_json::from_object::<StructuredEvent<'_>>(bytes).map_or_else(|| unreadable(bytes), StructuredEvent::open)
}

/// Reads a batch of events in the JSON format (`application/cloudevents-batch+json`), in order.
///
/// # Errors
/// [`NotABatch`] for a body that is not a JSON array, or too long a one. An element that is no event is an [`Incoming`]
/// with a refusal.
pub fn batch_from_json(bytes: &[u8]) -> Result<Vec<Incoming>, NotABatch> {
    let events: Vec<&RawValue> = serde_json::from_slice(bytes).map_err(|_| NotABatch::NoArray)?;
    if events.len() > BATCH_EVENTS_MAX {
        return Err(NotABatch::TooLong { events: events.len() });
    }
    Ok(events.into_iter().map(|event| from_json(event.get().as_bytes())).collect())
}

/// Whether a body is a JSON object: what isn't does not fit `application/cloudevents+json` at all.
pub fn is_json_object(bytes: &[u8]) -> bool {
    wire_json::from_object::<IgnoredAny>(bytes).is_some()
}

/// An event in the JSON format; what is neither attribute of the envelope nor data is ignored.
#[derive(Default, Deserialize)]
#[serde(default)]
struct StructuredEvent<'a> {
    #[serde(borrow)]
    specversion: Attribute<'a>,
    #[serde(borrow)]
    source: Attribute<'a>,
    #[serde(borrow)]
    id: Attribute<'a>,
    #[serde(borrow, rename = "type")]
    event_type: Attribute<'a>,
    #[serde(borrow)]
    time: Attribute<'a>,
    #[serde(borrow)]
    datacontenttype: Attribute<'a>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    data_base64: Attribute<'a>,
}

impl<'a> StructuredEvent<'a> {
    fn open(self) -> Incoming {
        let content = content(&self.datacontenttype, self.data, &self.data_base64);
        let envelope = Envelope {
            specversion: self.specversion,
            source: self.source,
            id: self.id,
            event_type: self.event_type,
            time: self.time,
        };
        envelope.open(&content)
    }
}

fn content<'a>(content_type: &Attribute<'_>, data: Option<&'a RawValue>, base64: &'a Attribute<'_>) -> Content<'a> {
    match (data, base64) {
        (None, Attribute::Absent) => Content::absent(),
        (Some(data), Attribute::Absent) => Content::new(data.get().as_bytes(), form_of_value(content_type)),
        (None, Attribute::Text(text)) => decoded(content_type, text),
        (None, Attribute::NoText) => Content::new(&[], Err(Malformed::NoBase64)),
        (Some(data), _) => Content::new(data.get().as_bytes(), Err(Malformed::TwoContents)),
    }
}

/// `data` is a JSON value, and has to be declared as such, or not at all.
fn form_of_value(content_type: &Attribute<'_>) -> Result<Form, Malformed> {
    match form_of(content_type)? {
        None | Some(Form::Json) => Ok(Form::Json),
        Some(Form::Protobuf) => Err(Malformed::ProtobufAsValue),
    }
}

/// The content of `data_base64`; without a content type it is JSON, as the CloudEvents specification has it.
fn decoded<'a>(content_type: &Attribute<'_>, text: &'a str) -> Content<'a> {
    match BASE64_STANDARD.decode(text) {
        Ok(bytes) => {
            Content { bytes: Cow::Owned(bytes), form: form_of(content_type).map(|form| form.unwrap_or(Form::Json)) }
        }
        Err(_) => Content::new(text.as_bytes(), Err(Malformed::NoBase64)),
    }
}

fn unreadable(bytes: &[u8]) -> Incoming {
    Incoming {
        key: None,
        type_name: String::new(),
        time: None,
        named_licensee: None,
        digest: digest_as_sent("", bytes),
        request: Err(Refusal::from(Malformed::NoCloudEvent)),
    }
}
