//! Events as the history shows them.

use std::error::Error;

use chrono::DateTime;
use contract::event::decode;
use journal::{Positions, StoredEvent};
use licensing::Instant;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An event as the history shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct HistoryItem {
    /// Where it lies in the journal.
    position: String,
    /// Its number among the licensee's events, from 1.
    version: u64,
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// The short name of its type.
    #[schema(example = "SeatRemoved")]
    r#type: &'static str,
    /// When it took effect.
    #[schema(value_type = String, format = DateTime)]
    effective_at: Instant,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Instant,
    /// Who caused it.
    actor: String,
    /// The command that caused it.
    command_id: String,
    /// What happened, by its type.
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

/// A stored event that can't be shown.
#[derive(Debug, thiserror::Error)]
#[error("event {version} of {stream} cannot be shown")]
pub(crate) struct Unreadable {
    stream: String,
    version: u64,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl TryFrom<StoredEvent> for HistoryItem {
    type Error = Unreadable;

    fn try_from(stored: StoredEvent) -> Result<Self, Unreadable> {
        let StoredEvent { position, event } = stored;
        let unreadable = |source: Box<dyn Error + Send + Sync>| Unreadable {
            stream: event.stream.clone(),
            version: event.version,
            source,
        };
        let decoded =
            decode(&event.r#type, event.schema_version, &event.data).map_err(|error| unreadable(error.into()))?;
        let id = Uuid::from_slice(&event.id).map_err(|error| unreadable(error.into()))?;
        Ok(Self {
            position: Positions::from(position).to_string(),
            version: event.version,
            id: id.hyphenated().to_string(),
            r#type: decoded.name(),
            effective_at: instant(event.effective_at_us),
            recorded_at: instant(event.recorded_at_us),
            actor: event.actor,
            command_id: event.command_id,
            data: decoded.data_json(),
        })
    }
}

/// The instant of a stored time; every one that is stored was one.
fn instant(micros: i64) -> Instant {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}
