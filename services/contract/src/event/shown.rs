//! An event of the journal, as people and programs are shown it.

use licensing::Instant;
use serde_json::Value;

use super::{ReadEvent, UnreadableEvent};
use crate::proto::journal::Event;

/// What is shown of an event, wherever it is: in the history, in an export.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownEvent {
    /// Its id, a UUID with hyphens.
    pub id: String,
    /// The short name of its type, such as `SeatRemoved`.
    pub type_name: &'static str,
    /// When it took effect.
    pub effective_at: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// What happened, by its type.
    pub data: Value,
}

impl ShownEvent {
    /// What is shown of an event of the journal.
    ///
    /// # Errors
    /// [`UnreadableEvent`] for what a newer version wrote, and for damage.
    pub fn of(event: &Event) -> Result<Self, UnreadableEvent> {
        let ReadEvent { id, effective_at, recorded_at, event } = ReadEvent::of(event)?;
        Ok(Self { id, type_name: event.name(), effective_at, recorded_at, data: event.data_json() })
    }
}
