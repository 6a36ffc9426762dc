//! An event of the journal, read in full.

use licensing::Instant;
use uuid::Uuid;

use super::{DecodeError, StreamEvent, decode_recorded};
use crate::proto::journal::Event;

/// What the journal keeps in bytes and numbers, as what it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadEvent {
    /// Its id, a UUID with hyphens.
    pub id: String,
    /// When it took effect.
    pub effective_at: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// What happened, and to whom.
    pub event: StreamEvent,
}

/// An event that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("event {version} of {stream} cannot be read")]
pub struct UnreadableEvent {
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

impl ReadEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// [`UnreadableEvent`] for what a newer version wrote, and for damage.
    pub fn of(event: &Event) -> Result<Self, UnreadableEvent> {
        let unreadable = |source| UnreadableEvent { stream: event.stream.clone(), version: event.version, source };
        Self::read(event).map_err(unreadable)
    }

    fn read(event: &Event) -> Result<Self, Why> {
        Ok(Self {
            id: Uuid::from_slice(&event.id)?.to_string(),
            effective_at: instant(event.effective_at_us)?,
            recorded_at: instant(event.recorded_at_us)?,
            event: decode_recorded(event)?,
        })
    }
}

fn instant(micros: i64) -> Result<Instant, Why> {
    Instant::from_timestamp_micros(micros).ok_or(Why::Time)
}
