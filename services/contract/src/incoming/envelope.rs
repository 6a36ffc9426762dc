//! The attributes of a CloudEvent, whichever way it came.

use licensing::{Instant, Refusal};

use super::{
    Incoming, MessageKey, TYPE_NAME_CHARS_MAX, attribute::Attribute, content::Content, first_chars, key::is_key_text,
    malformed::Malformed, message,
};
use crate::timestamp::{in_wire_range, parse_rfc3339};

const SPECVERSION: &str = "1.0";
const KEY_FORM: &str = "a text of 1 to 255 characters";
const TIME_FORM: &str = "a time by RFC 3339";

/// The attributes of a CloudEvent, told apart but not judged yet.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub(super) specversion: Attribute<'a>,
    pub(super) source: Attribute<'a>,
    pub(super) id: Attribute<'a>,
    pub(super) event_type: Attribute<'a>,
    pub(super) time: Attribute<'a>,
}

impl Envelope<'_> {
    /// Judges the attributes and reads the content, each as far as it goes.
    pub(super) fn open(&self, content: &Content<'_>) -> Incoming {
        let type_name = self.event_type.text().unwrap_or_default();
        let reading = message::read(type_name, content);
        let time = self.checked_time();
        // What is wrong with the attributes goes before what is wrong with the content.
        let request = match self.check_names().and(time.clone()) {
            Ok(_) => reading.request,
            Err(malformed) => Err(Refusal::from(malformed)),
        };
        Incoming {
            key: MessageKey::read(&self.source, &self.id),
            type_name: first_chars(type_name, TYPE_NAME_CHARS_MAX).to_owned(),
            time: time.ok(),
            named_licensee: reading.named_licensee,
            digest: reading.digest,
            request,
        }
    }

    fn check_names(&self) -> Result<(), Malformed> {
        check("specversion", &self.specversion, "the text 1.0", |text| text == SPECVERSION)?;
        check("source", &self.source, KEY_FORM, is_key_text)?;
        check("id", &self.id, KEY_FORM, is_key_text)?;
        check("type", &self.event_type, "the full name of a message of the contract", |text| !text.is_empty())
    }

    fn checked_time(&self) -> Result<Instant, Malformed> {
        if self.time == Attribute::Absent {
            return Err(Malformed::MissingAttribute { name: "time", expected: TIME_FORM });
        }
        let time = self.time.text().and_then(parse_rfc3339).and_then(in_wire_range);
        time.ok_or(Malformed::InvalidAttribute { name: "time", expected: TIME_FORM })
    }
}

fn check(
    name: &'static str,
    attribute: &Attribute<'_>,
    expected: &'static str,
    is_valid: impl Fn(&str) -> bool,
) -> Result<(), Malformed> {
    match attribute {
        Attribute::Absent => Err(Malformed::MissingAttribute { name, expected }),
        Attribute::Text(text) if is_valid(text) => Ok(()),
        Attribute::Text(_) | Attribute::NoText => Err(Malformed::InvalidAttribute { name, expected }),
    }
}
