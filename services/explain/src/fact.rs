//! One event of a licensee, with all that the journal keeps of it.

use contract::{
    event::{DecodeError, StreamEvent, decode},
    proto::journal,
};
use licensing::{Event, Instant};
use serde::Serialize;
use uuid::Uuid;

/// An event of a licensee's stream, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Which event.
    pub cited: Cited,
    /// What happened.
    pub event: Event,
}

/// How an event is named wherever it is a reason (R36).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cited {
    /// Its number among the licensee's events, from 1.
    pub version: u64,
    /// Where it lies in the journal; opaque.
    pub position: String,
    /// Its id, a UUID with hyphens.
    pub id: String,
    /// The short name of its type, such as `SeatRemoved`.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// When it took effect.
    pub effective_at: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Who caused it.
    pub actor: String,
    /// The command that caused it.
    pub command_id: String,
}

/// An event that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("event {version} of {stream} cannot be read")]
pub struct UnreadableFact {
    stream: String,
    version: u64,
    #[source]
    source: Damage,
}

#[derive(Debug, thiserror::Error)]
enum Damage {
    #[error(transparent)]
    Data(#[from] DecodeError),
    #[error("its id is no UUID: the event is damaged, run usher verify")]
    Id(#[from] uuid::Error),
    #[error("its time is out of range: the event is damaged, run usher verify")]
    Time,
    #[error("it belongs to a user, not to a licensee: the event is damaged, run usher verify")]
    OfUser,
}

impl Fact {
    /// Reads an event of the journal that lies at `position`.
    ///
    /// # Errors
    /// [`UnreadableFact`] for what a newer version wrote, and for damage.
    pub fn read(stored: journal::Event, position: String) -> Result<Self, UnreadableFact> {
        let (stream, version) = (stored.stream.clone(), stored.version);
        Self::decode(stored, position).map_err(|source| UnreadableFact { stream, version, source })
    }

    fn decode(stored: journal::Event, position: String) -> Result<Self, Damage> {
        let StreamEvent::Licensee { event, .. } = decode(&stored.r#type, stored.schema_version, &stored.data)? else {
            return Err(Damage::OfUser);
        };
        let cited = Cited {
            version: stored.version,
            position,
            id: Uuid::from_slice(&stored.id)?.to_string(),
            type_name: event.name(),
            effective_at: instant(stored.effective_at_us)?,
            recorded_at: instant(stored.recorded_at_us)?,
            actor: stored.actor,
            command_id: stored.command_id,
        };
        Ok(Self { cited, event })
    }
}

fn instant(micros: i64) -> Result<Instant, Damage> {
    Instant::from_timestamp_micros(micros).ok_or(Damage::Time)
}

/// The user that an event is about; `None` for one about what was sold.
pub(crate) const fn user_of(event: &Event) -> Option<&licensing::UserId> {
    match event {
        Event::SeatAssigned { user, .. }
        | Event::SeatRemoved { user, .. }
        | Event::MemberAdded { user, .. }
        | Event::MemberUpdated { user, .. }
        | Event::MemberRemoved { user }
        | Event::MemberStatusChanged { user, .. } => Some(user),
        _ => None,
    }
}
