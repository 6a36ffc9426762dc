//! Reads what comes from outside: CloudEvents, as JSON or from Kafka in binary mode.
//!
//! Reading never fails: an [`Incoming`] holds as much as can be read, and a refusal where that isn't enough.

mod attribute;
mod billing;
mod binary;
mod content;
mod directory;
mod envelope;
mod fields;
mod key;
mod malformed;
mod message;
mod request;
mod seats;
mod structured;
mod usage;

use licensing::{Instant, LicenseeId, Refusal};
use serde::{Deserialize, Serialize};

pub use binary::from_binary;
pub use key::MessageKey;
pub use message::TYPE_NAMES;
pub use request::{Details, Request};
pub use structured::{BATCH_EVENTS_MAX, NotABatch, batch_from_json, from_json, is_json_object};

/// The longest type that is kept, in characters; no type of the contract is near it.
pub const TYPE_NAME_CHARS_MAX: usize = 255;

/// A message from outside, decoded as far as it can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incoming {
    /// Under what the outcome is kept (R34); `None` where `source` or `id` can't be read.
    pub key: Option<MessageKey>,
    /// The attribute `type`, cut to [`TYPE_NAME_CHARS_MAX`] characters; empty where it can't be read.
    pub type_name: String,
    /// The attribute `time`, UTC, to the microsecond; `None` where it can't be read.
    pub time: Option<Instant>,
    /// The licensee that the data names, also where the rest can't be read or the type is unknown.
    pub named_licensee: Option<LicenseeId>,
    /// SHA-256 of what the message says (R34): its type, and its data as decoded, or as sent where it can't be decoded.
    /// The same in JSON and in protobuf; time and other attributes don't count.
    pub digest: [u8; 32],
    /// What is asked for, or `malformed_event` or `unknown_event_type`.
    pub request: Result<Request, Refusal>,
}

/// The start of a text.
fn first_chars(text: &str, chars_max: usize) -> &str {
    if text.len() <= chars_max {
        // Bytes are never fewer than characters, and need no counting.
        return text;
    }
    let end = text.char_indices().nth(chars_max).map_or(text.len(), |(place, _)| place);
    text.get(..end).unwrap_or_default()
}

fn has_at_most(chars_max: usize, text: &str) -> bool {
    first_chars(text, chars_max).len() == text.len()
}
