//! The lines of a bundle.

use base64::{Engine, engine::general_purpose::STANDARD};
use contract::{
    event::ShownEvent,
    proto::journal::{Event, Outcome},
};
use journal::{Position, chain::Hash};
use licensing::Instant;
use prost::Message;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Heading;
use crate::seal::{Hex, SignedSeal};

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Line {
    /// The first.
    Bundle(Heading),
    Event(Box<EventLine>),
    Refusal(Box<RefusalLine>),
    /// The last.
    Seal(Box<SignedSeal>),
}

/// An event: what it says, and the very bytes that its hash is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventLine {
    pub(crate) shard: u16,
    pub(crate) position: u64,
    pub(crate) stream: String,
    pub(crate) version: u64,
    id: String,
    r#type: String,
    effective_at: Instant,
    recorded_at: Instant,
    actor: String,
    command_id: String,
    correlation_id: String,
    causation_id: String,
    schema_version: u32,
    data: Value,
    /// `usher.journal.v1.Event` without `hash`.
    bytes: Bytes,
    /// SHA-256 over the hash of the stream's event before it and `bytes`.
    pub(crate) hash: Hex<32>,
}

/// A command that was refused (R35).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefusalLine {
    pub(crate) shard: u16,
    pub(crate) position: u64,
    licensee: String,
    code: String,
    detail: String,
    r#type: String,
    effective_at: Instant,
    recorded_at: Instant,
    actor: String,
    command_id: String,
    /// `usher.journal.v1.Outcome`.
    bytes: Bytes,
    /// SHA-256 over `bytes`.
    hash: Hex<32>,
}

/// Bytes, as base64.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map(Self).map_err(serde::de::Error::custom)
    }
}

impl EventLine {
    /// `None` for an event that can't be shown, which no journal that was found sound has.
    pub(crate) fn of(at: Position, event: &Event) -> Option<Self> {
        let ShownEvent { id, type_name, effective_at, recorded_at, data } = ShownEvent::of(event).ok()?;
        let hash = event.hash.as_slice().try_into().ok().map(Hex)?;
        Some(Self {
            shard: at.shard,
            position: at.position,
            stream: event.stream.clone(),
            version: event.version,
            id,
            r#type: type_name.to_owned(),
            effective_at,
            recorded_at,
            actor: event.actor.clone(),
            command_id: event.command_id.clone(),
            correlation_id: event.correlation_id.clone(),
            causation_id: event.causation_id.clone(),
            schema_version: event.schema_version,
            data,
            bytes: Bytes(Event { hash: Vec::new(), ..event.clone() }.encode_to_vec()),
            hash,
        })
    }

    /// The hash that it has to bear behind `previous`.
    pub(crate) fn hash_after(&self, previous: &Hash) -> Hash {
        Sha256::new().chain_update(previous).chain_update(&self.bytes.0).finalize().into()
    }

    /// Stream and version, as the bytes have them.
    pub(crate) fn decoded(&self) -> Option<Event> {
        Event::decode(self.bytes.0.as_slice()).ok()
    }

    /// Whether it says what its bytes say, as this version of usher shows them.
    pub(crate) fn says_what_its_bytes_say(&self) -> bool {
        let event = self.decoded().map(|event| Event { hash: self.hash.0.to_vec(), ..event });
        let at = Position { shard: self.shard, position: self.position };
        event.and_then(|event| Self::of(at, &event)).as_ref() == Some(self)
    }
}

impl RefusalLine {
    /// `None` for what is no refusal.
    pub(crate) fn of(at: Position, outcome: &Outcome) -> Option<Self> {
        let refusal = outcome.refusal.as_ref()?;
        let bytes = outcome.encode_to_vec();
        Some(Self {
            shard: at.shard,
            position: at.position,
            licensee: outcome.licensee.clone(),
            code: refusal.code.clone(),
            detail: refusal.detail.clone(),
            r#type: outcome.r#type.clone(),
            effective_at: Instant::from_timestamp_micros(outcome.effective_at_us)?,
            recorded_at: Instant::from_timestamp_micros(outcome.recorded_at_us)?,
            actor: outcome.actor.clone(),
            command_id: outcome.command_id.clone(),
            hash: Hex(Sha256::digest(&bytes).into()),
            bytes: Bytes(bytes),
        })
    }

    /// Whether it says what its bytes say.
    pub(crate) fn says_what_its_bytes_say(&self) -> bool {
        let at = Position { shard: self.shard, position: self.position };
        let outcome = Outcome::decode(self.bytes.0.as_slice()).ok();
        outcome.and_then(|outcome| Self::of(at, &outcome)).as_ref() == Some(self)
    }
}
