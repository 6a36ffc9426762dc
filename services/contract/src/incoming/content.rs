//! The data of a message, as it was sent.

use std::borrow::Cow;

use super::{attribute::Attribute, malformed::Malformed};

/// How data is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Protobuf,
}

/// The data of a message, as it was sent.
#[derive(Debug)]
pub(super) struct Content<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// How to read it, or why it can't be read.
    pub(super) form: Result<Form, Malformed>,
}

impl<'a> Content<'a> {
    /// No data: reads like a message without any field, which is the empty text in protobuf.
    pub(super) fn absent() -> Self {
        Self { bytes: Cow::Borrowed(&[]), form: Ok(Form::Protobuf) }
    }

    pub(super) fn new(bytes: &'a [u8], form: Result<Form, Malformed>) -> Self {
        Self { bytes: Cow::Borrowed(bytes), form }
    }
}

/// How data of a content type is encoded; `None` where there is no content type.
pub(super) fn form_of(content_type: &Attribute<'_>) -> Result<Option<Form>, Malformed> {
    let media_type = match content_type {
        Attribute::Absent => return Ok(None),
        Attribute::NoText => return Err(Malformed::ContentType { fault: "no text" }),
        Attribute::Text(text) => text.split(';').next().unwrap_or_default().trim(),
    };
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(Some(Form::Json));
    }
    if media_type.eq_ignore_ascii_case("application/protobuf") {
        return Ok(Some(Form::Protobuf));
    }
    Err(Malformed::ContentType { fault: "unknown" })
}
