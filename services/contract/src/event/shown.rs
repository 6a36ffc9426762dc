//! An event of the journal, as people and programs are shown it.

use licensing::Instant;
use serde_json::Value;
use uuid::Uuid;

use super::{DecodeError, decode};
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

/// An event that can't be shown.
#[derive(Debug, thiserror::Error)]
#[error("event {version} of {stream} cannot be shown")]
pub struct Unshowable {
    stream: String,
    version: u64,
    #[source]
    source: Why,
}

#[derive(Debug, thiserror::Error)]
enum Why {
    #[error(transparent)]
    Data(#[from] DecodeError),
    #[error("its id is no UUID: the event is damaged, run usher verify")]
    Id(#[from] uuid::Error),
    #[error("its time is out of range: the event is damaged, run usher verify")]
    Time,
}

impl ShownEvent {
    /// What is shown of an event of the journal.
    ///
    /// # Errors
    /// [`Unshowable`] for what a newer version wrote, and for damage.
    pub fn of(event: &Event) -> Result<Self, Unshowable> {
        Self::read(event).map_err(|source| Unshowable { stream: event.stream.clone(), version: event.version, source })
    }

    fn read(event: &Event) -> Result<Self, Why> {
        let decoded = decode(&event.r#type, event.schema_version, &event.data)?;
        Ok(Self {
            id: Uuid::from_slice(&event.id)?.to_string(),
            type_name: decoded.name(),
            effective_at: instant(event.effective_at_us)?,
            recorded_at: instant(event.recorded_at_us)?,
            data: decoded.data_json(),
        })
    }
}

fn instant(micros: i64) -> Result<Instant, Why> {
    Instant::from_timestamp_micros(micros).ok_or(Why::Time)
}
