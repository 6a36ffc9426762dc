//! One event of a licensee, with all that the journal keeps of it.

use contract::{
    event::{ReadEvent, StreamEvent, UnreadableEvent},
    proto::journal,
};
use licensing::{Event, Instant, ProductId, RemovalReason, UserId};
use serde::Serialize;

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

/// An event that can't be read as one of a licensee.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableFact {
    /// It can't be read.
    #[error(transparent)]
    Event(#[from] UnreadableEvent),
    /// It is another kind of event than its stream has.
    #[error("event {version} of {stream} belongs to a user, not to a licensee: it is damaged, run usher verify")]
    OfUser {
        /// The stream.
        stream: String,
        /// Its number in the stream.
        version: u64,
    },
}

impl Fact {
    /// Reads an event of the journal that lies at `position`.
    ///
    /// # Errors
    /// [`UnreadableFact`] for what a newer version wrote, and for damage.
    pub fn read(stored: journal::Event, position: String) -> Result<Self, UnreadableFact> {
        let ReadEvent { id, effective_at, recorded_at, event } = ReadEvent::of(&stored)?;
        let journal::Event { stream, version, actor, command_id, .. } = stored;
        let StreamEvent::Licensee { event, .. } = event else {
            return Err(UnreadableFact::OfUser { stream, version });
        };
        let type_name = event.name();
        let cited = Cited { version, position, id, type_name, effective_at, recorded_at, actor, command_id };
        Ok(Self { cited, event })
    }
}

impl Fact {
    /// Whether it matters to a user: it is about them, or about what was sold, which concerns everybody.
    pub fn concerns(&self, user: &UserId) -> bool {
        self.event.user().is_none_or(|whose| whose == user)
    }

    /// Whether a seat was taken because there were too many (R22): then those that went with it are counted.
    pub const fn is_overage(&self) -> bool {
        self.overage_of().is_some()
    }

    /// Whether two seats of a product were taken by one command because there were too many (R22). Such events follow each
    /// other.
    pub fn goes_with(&self, other: &Self) -> bool {
        let is_one_deed = self.cited.command_id == other.cited.command_id;
        is_one_deed && self.is_overage() && self.overage_of() == other.overage_of()
    }

    const fn overage_of(&self) -> Option<&ProductId> {
        match &self.event {
            Event::SeatRemoved { product, reason: RemovalReason::Overage, .. } => Some(product),
            _ => None,
        }
    }
}
