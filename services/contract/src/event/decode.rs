//! Reads events back from the wire.

use std::borrow::Cow;

use super::{SCHEMA_VERSION, StreamEvent, decode_error::DecodeError, wire_event::decode_current};
use crate::proto::journal;

/// Reads an event that was recorded.
///
/// # Errors
/// [`DecodeError`] for what a newer version wrote, and for damage.
pub fn decode_recorded(record: &journal::Event) -> Result<StreamEvent, DecodeError> {
    decode(&record.r#type, record.schema_version, &record.data)
}

/// Reads an event by its full name, such as `usher.licensing.v1.SeatAssigned`, and the version of its schema.
///
/// # Errors
/// [`DecodeError`] for what a newer version wrote, and for damage.
pub fn decode(type_name: &str, schema_version: u32, data: &[u8]) -> Result<StreamEvent, DecodeError> {
    decode_current(type_name, &upcast(type_name, schema_version, data)?)
}

/// Brings data of an older schema to the current one. There is only one schema yet: the first change of an event that
/// protobuf can't bridge by itself gets its arm here.
fn upcast<'a>(type_name: &str, schema_version: u32, data: &'a [u8]) -> Result<Cow<'a, [u8]>, DecodeError> {
    match schema_version {
        SCHEMA_VERSION => Ok(Cow::Borrowed(data)),
        0 => Err(DecodeError::NoSchema { type_name: type_name.to_owned() }),
        found => Err(DecodeError::NewerSchema { type_name: type_name.to_owned(), found }),
    }
}
