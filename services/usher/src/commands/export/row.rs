//! An event as it is shown.

use std::{error::Error, fmt::Write};

use chrono::{DateTime, Utc};
use contract::{event::decode, proto::journal::Event};
use journal::{Position, Positions};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// An event as it is shown, in JSON and in tables.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    pub(super) position: String,
    pub(super) stream: &'a str,
    pub(super) version: u64,
    pub(super) id: String,
    pub(super) r#type: &'static str,
    pub(super) effective_at: DateTime<Utc>,
    pub(super) recorded_at: DateTime<Utc>,
    pub(super) actor: &'a str,
    pub(super) command_id: &'a str,
    pub(super) correlation_id: &'a str,
    pub(super) causation_id: &'a str,
    pub(super) schema_version: u32,
    pub(super) data: Value,
    pub(super) hash: String,
}

/// An event that can't be shown.
#[derive(Debug, thiserror::Error)]
#[error("event {version} of {stream} cannot be shown: use --format protobuf, or a newer version of usher")]
pub struct Unreadable {
    stream: String,
    version: u64,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl<'a> Row<'a> {
    pub(super) fn of(position: Position, event: &'a Event) -> Result<Self, Unreadable> {
        let unreadable = |source: Box<dyn Error + Send + Sync>| Unreadable {
            stream: event.stream.clone(),
            version: event.version,
            source,
        };
        let decoded =
            decode(&event.r#type, event.schema_version, &event.data).map_err(|error| unreadable(error.into()))?;
        Ok(Self {
            position: Positions::from(position).to_string(),
            stream: &event.stream,
            version: event.version,
            id: Uuid::from_slice(&event.id).map_err(|error| unreadable(error.into()))?.to_string(),
            r#type: decoded.name(),
            effective_at: DateTime::from_timestamp_micros(event.effective_at_us).unwrap_or_default(),
            recorded_at: DateTime::from_timestamp_micros(event.recorded_at_us).unwrap_or_default(),
            actor: &event.actor,
            command_id: &event.command_id,
            correlation_id: &event.correlation_id,
            causation_id: &event.causation_id,
            schema_version: event.schema_version,
            data: decoded.data_json(),
            hash: hexadecimal(&event.hash),
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
