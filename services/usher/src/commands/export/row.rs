//! An event as it is shown.

use contract::{
    event::{ShownEvent, UnreadableEvent},
    proto::journal::Event,
};
use journal::{Position, Positions};
use licensing::Instant;
use serde::Serialize;
use serde_json::Value;

/// An event as it is shown, in JSON and in tables.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    pub(super) position: String,
    pub(super) stream: &'a str,
    pub(super) version: u64,
    pub(super) id: String,
    pub(super) r#type: &'static str,
    pub(super) effective_at: Instant,
    pub(super) recorded_at: Instant,
    pub(super) actor: &'a str,
    pub(super) command_id: &'a str,
    pub(super) correlation_id: &'a str,
    pub(super) causation_id: &'a str,
    pub(super) schema_version: u32,
    pub(super) data: Value,
    pub(super) hash: String,
}

impl<'a> Row<'a> {
    pub(super) fn of(position: Position, event: &'a Event) -> Result<Self, UnreadableEvent> {
        let ShownEvent { id, type_name, effective_at, recorded_at, data } = ShownEvent::of(event)?;
        Ok(Self {
            position: Positions::from(position).to_string(),
            stream: &event.stream,
            version: event.version,
            id,
            r#type: type_name,
            effective_at,
            recorded_at,
            actor: &event.actor,
            command_id: &event.command_id,
            correlation_id: &event.correlation_id,
            causation_id: &event.causation_id,
            schema_version: event.schema_version,
            data,
            hash: hex::encode(&event.hash),
        })
    }
}
