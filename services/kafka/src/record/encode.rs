//! Writes an event as a record.

use std::borrow::Cow;

use contract::stored::EventRef;
use journal::{Position, Positions};
use uuid::Uuid;

use super::{CONTENT_TYPE, RecordError, SPECVERSION, header, time};

/// Where an event comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// `/usher/` and the id of the store.
    pub(crate) source: &'a str,
    /// Where it lies.
    pub(crate) position: Position,
    /// The number of its commit.
    pub(crate) commit: u64,
}

/// A record of the topic.
#[derive(Debug, Clone)]
pub(crate) struct EventRecord<'a> {
    pub(crate) key: &'a str,
    pub(crate) headers: Vec<(&'static str, Cow<'a, str>)>,
    pub(crate) body: &'a [u8],
}

/// The event as a record.
///
/// # Errors
/// [`RecordError::Unsendable`] for an event that no usher writes.
pub(crate) fn to_record<'a>(event: &EventRef<'a>, origin: &Origin<'a>) -> Result<EventRecord<'a>, RecordError> {
    let (_, key) = event.stream.split_once('/').ok_or(RecordError::Unsendable { field: "stream" })?;
    let id = Uuid::from_slice(event.id).map_err(|_| RecordError::Unsendable { field: "id" })?;
    let effective = time::encode(event.effective_at_us).ok_or(RecordError::Unsendable { field: "effective_at_us" })?;
    let recorded = time::encode(event.recorded_at_us).ok_or(RecordError::Unsendable { field: "recorded_at_us" })?;

    let mut headers = vec![
        (header::SPECVERSION, Cow::Borrowed(SPECVERSION)),
        (header::ID, Cow::Owned(id.to_string())),
        (header::SOURCE, Cow::Borrowed(origin.source)),
        (header::TYPE, Cow::Borrowed(event.r#type)),
        (header::TIME, Cow::Owned(effective)),
        (header::SUBJECT, Cow::Borrowed(event.stream)),
        (header::SEQUENCE, Cow::Owned(format!("{:020}", event.version))),
        (header::POSITION, Cow::Owned(Positions::from(origin.position).to_string())),
        (header::RECORDED_TIME, Cow::Owned(recorded)),
        (header::SCHEMA_VERSION, Cow::Owned(event.schema_version.to_string())),
    ];
    let optional = [
        (header::COMMAND_ID, Cow::Borrowed(event.command_id)),
        (header::ACTOR, Cow::Borrowed(event.actor)),
        (header::CORRELATION_ID, Cow::Borrowed(event.correlation_id)),
        (header::CAUSATION_ID, Cow::Borrowed(event.causation_id)),
        (header::HASH, Cow::Owned(hex::encode(event.hash))),
    ];
    // An attribute of a CloudEvent is not empty.
    headers.extend(optional.into_iter().filter(|(_, value)| !value.is_empty()));
    headers.push((header::COMMIT, Cow::Owned(origin.commit.to_string())));
    headers.push((header::CONTENT_TYPE, Cow::Borrowed(CONTENT_TYPE)));
    Ok(EventRecord { key, headers, body: event.data })
}
