//! Events on the wire: the same bytes in the store and on the topic.

mod add_ons;
mod decode;
mod decode_error;
mod encode;
mod fields;
mod json;
mod members;
mod read;
mod seats;
mod shown;
mod stream_name;
mod subscriptions;
mod wire_event;

use licensing::{Event, LicenseeId, UserEvent, UserId};

pub use decode::{decode, decode_recorded};
pub use decode_error::DecodeError;
pub use encode::{EncodedEvent, encode_licensee_event, encode_user_event};
pub use fields::FieldError;
pub use json::{data_json, user_data_json};
pub use read::{ReadEvent, UnreadableEvent};
pub use shown::ShownEvent;
pub use stream_name::{InvalidStreamName, StreamName, licensee_stream, user_stream};
pub use wire_event::TYPE_NAMES;

/// The current version of the schema of every event.
pub const SCHEMA_VERSION: u32 = 1;

/// An event and the stream it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEvent {
    /// Of a licensee.
    Licensee {
        /// Whose.
        licensee: LicenseeId,
        /// What happened.
        event: Event,
    },
    /// Of a user.
    User {
        /// Whose.
        user: UserId,
        /// What happened.
        event: UserEvent,
    },
}

/// The types, by full name, of events of a licensee that are about one user each; all its others are about what was sold.
const PERSONAL_TYPES: [&str; 6] = [
    "usher.licensing.v1.MemberAdded",
    "usher.licensing.v1.MemberRemoved",
    "usher.licensing.v1.MemberStatusChanged",
    "usher.licensing.v1.MemberUpdated",
    "usher.licensing.v1.SeatAssigned",
    "usher.licensing.v1.SeatRemoved",
];

/// Whether events of a type, by full name, are about one user each ([`Event::user`]).
pub fn is_personal(type_name: &str) -> bool {
    PERSONAL_TYPES.contains(&type_name)
}

impl StreamEvent {
    /// The short name, such as `SeatRemoved`.
    pub const fn name(&self) -> &'static str {
        match self {
            StreamEvent::Licensee { event, .. } => event.name(),
            StreamEvent::User { event, .. } => event.name(),
        }
    }

    /// The stream.
    pub fn stream(&self) -> StreamName {
        match self {
            StreamEvent::Licensee { licensee, .. } => StreamName::Licensee(licensee.clone()),
            StreamEvent::User { user, .. } => StreamName::User(user.clone()),
        }
    }

    /// The event on the wire.
    pub fn encode(&self) -> EncodedEvent {
        match self {
            StreamEvent::Licensee { licensee, event } => encode_licensee_event(licensee, event),
            StreamEvent::User { user, event } => encode_user_event(user, *event),
        }
    }

    /// The event's data as the history shows it, for either kind.
    pub fn data_json(&self) -> serde_json::Value {
        match self {
            StreamEvent::Licensee { event, .. } => data_json(event),
            StreamEvent::User { user, .. } => user_data_json(user),
        }
    }
}
