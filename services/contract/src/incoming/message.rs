//! The messages of the contract, and how one is read.

use std::collections::BTreeMap;

use licensing::{Code, LicenseeId, Refusal};
use prost::Message;
use serde::{Deserialize, de::DeserializeOwned, de::value::MapDeserializer};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{
    Request, TYPE_NAME_CHARS_MAX,
    attribute::Attribute,
    content::{Content, Form},
    first_chars,
    malformed::Malformed,
};
use crate::{
    proto::{billing, directory, seats, usage},
    wire_json,
};

/// A message of the contract that comes from outside.
pub(super) trait Inbound: Message + Default + DeserializeOwned {
    /// The full name, as the attribute `type` has it.
    const TYPE_NAME: &'static str;

    /// The licensee that the message names, as sent.
    fn named_licensee(&self) -> Option<&str> {
        None
    }

    /// Cuts its times to the microsecond.
    fn cut_times(&mut self) {}

    /// What it asks for, if its fields have the form they need.
    fn into_request(self) -> Result<Request, Malformed>;
}

/// What a message says, as far as it can be read.
pub(super) struct Reading {
    pub(super) named_licensee: Option<LicenseeId>,
    pub(super) digest: [u8; 32],
    pub(super) request: Result<Request, Refusal>,
}

macro_rules! messages {
    ($($message:ty),+ $(,)?) => {
        /// The full names of all messages that are understood.
        pub const TYPE_NAMES: &[&str] = &[$(<$message as Inbound>::TYPE_NAME),+];

        /// Reads the content of a message by its type.
        pub(super) fn read(type_name: &str, content: &Content<'_>) -> Reading {
            match type_name {
                $(<$message as Inbound>::TYPE_NAME => read_as::<$message>(content),)+
                unknown => read_unknown(unknown, content),
            }
        }
    };
}

messages!(
    billing::SubscriptionStarted,
    billing::SubscriptionRenewed,
    billing::SubscriptionSeatsChanged,
    billing::SubscriptionCancelled,
    billing::SeatsPurchased,
    billing::SeatQuantityChanged,
    billing::TrialStarted,
    directory::MemberAdded,
    directory::MemberRemoved,
    directory::UserBlocked,
    directory::UserBanned,
    directory::UserDeactivated,
    directory::UserReactivated,
    directory::UserDeleted,
    usage::CodeSuggestionsUsed,
    seats::AssignSeats,
    seats::RemoveSeats,
    seats::SynchronizeInstance,
);

fn read_as<M: Inbound>(content: &Content<'_>) -> Reading {
    let mut message = match decode::<M>(content) {
        Ok(message) => message,
        Err(undecodable) => {
            return Reading {
                named_licensee: undecodable.named_licensee,
                digest: digest_as_sent(M::TYPE_NAME, &content.bytes),
                request: Err(Refusal::from(undecodable.fault)),
            };
        }
    };
    message.cut_times();
    Reading {
        named_licensee: message.named_licensee().and_then(|text| LicenseeId::parse(text).ok()),
        digest: digest(M::TYPE_NAME, Told::Decoded, &message.encode_to_vec()),
        request: message.into_request().map_err(Refusal::from),
    }
}

fn read_unknown(type_name: &str, content: &Content<'_>) -> Reading {
    let shown = first_chars(type_name, TYPE_NAME_CHARS_MAX);
    Reading {
        // In the protobuf of an unknown type nothing tells which field is the licensee.
        named_licensee: json_licensee(content),
        digest: digest_as_sent(type_name, &content.bytes),
        request: Err(Refusal::new(
            Code::UnknownEventType,
            format!("the type {shown:?} is none of the contract's: send the full name of one of its messages"),
        )),
    }
}

struct Undecodable {
    named_licensee: Option<LicenseeId>,
    fault: Malformed,
}

fn decode<M: Inbound>(content: &Content<'_>) -> Result<M, Undecodable> {
    match &content.form {
        Ok(Form::Protobuf) => decode_protobuf(&content.bytes),
        Ok(Form::Json) => wire_json::from_object(&content.bytes).ok_or_else(|| Undecodable {
            named_licensee: json_licensee(content),
            fault: json_fault::<M>(&content.bytes),
        }),
        Err(fault) => Err(Undecodable { named_licensee: json_licensee(content), fault: fault.clone() }),
    }
}

fn decode_protobuf<M: Inbound>(bytes: &[u8]) -> Result<M, Undecodable> {
    let mut message = M::default();
    match message.merge(bytes) {
        Ok(()) => Ok(message),
        // What was read before the fault may name the licensee.
        Err(_) => Err(Undecodable {
            named_licensee: message.named_licensee().and_then(|text| LicenseeId::parse(text).ok()),
            fault: Malformed::NoProtobuf { type_name: M::TYPE_NAME },
        }),
    }
}

/// The licensee that a JSON object names, whatever else it holds.
fn json_licensee(content: &Content<'_>) -> Option<LicenseeId> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Named<'a> {
        #[serde(borrow)]
        licensee: Attribute<'a>,
    }
    let named: Named<'_> = wire_json::from_object(&content.bytes)?;
    LicenseeId::parse(named.licensee.text()?).ok()
}

/// Why data is not the JSON of a message: finds the field by trying each alone.
///
/// A field that the message doesn't have is never at fault, so the answer holds no name that the sender made up.
fn json_fault<M: Inbound>(bytes: &[u8]) -> Malformed {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_slice(bytes).unwrap_or_default();
    let unreadable = fields.into_iter().find(|(name, value)| {
        let alone = MapDeserializer::<_, serde_json::Error>::new(std::iter::once((name.as_str(), *value)));
        M::deserialize(alone).is_err()
    });
    match unreadable {
        Some((field, _)) => Malformed::UnreadableField { field, type_name: M::TYPE_NAME },
        None => Malformed::NoJsonObject { type_name: M::TYPE_NAME },
    }
}

/// The digest of data that can't be decoded.
pub(super) fn digest_as_sent(type_name: &str, bytes: &[u8]) -> [u8; 32] {
    digest(type_name, Told::AsSent, bytes)
}

/// Which bytes stand for a message's data in its digest.
#[derive(Clone, Copy)]
enum Told {
    /// Those that were sent.
    AsSent = 0,
    /// Those of the message in protobuf, which are the same however it was sent.
    Decoded = 1,
}

fn digest(type_name: &str, told: Told, data: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    // The length keeps the type's end apart from the data's start.
    hasher.update((type_name.len() as u64).to_be_bytes());
    hasher.update(type_name);
    hasher.update([told as u8]);
    hasher.update(data);
    hasher.finalize().into()
}
