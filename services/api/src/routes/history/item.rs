//! Events as the history shows them.

use contract::event::{ShownEvent, UnreadableEvent};
use journal::{Positions, StoredEvent};
use licensing::Instant;
use serde::Serialize;
use utoipa::ToSchema;

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

impl TryFrom<StoredEvent> for HistoryItem {
    type Error = UnreadableEvent;

    fn try_from(StoredEvent { position, event }: StoredEvent) -> Result<Self, UnreadableEvent> {
        let ShownEvent { id, type_name, effective_at, recorded_at, data } = ShownEvent::of(&event)?;
        Ok(Self {
            position: Positions::from(position).to_string(),
            version: event.version,
            id,
            r#type: type_name,
            effective_at,
            recorded_at,
            actor: event.actor,
            command_id: event.command_id,
            data,
        })
    }
}
