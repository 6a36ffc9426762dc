//! Seals: signed checkpoints of a store's history.
//!
//! A seal holds the end of every hash chain: of each stream the version and hash of its last event, of each shard a hash
//! over all of its commits. Whoever keeps a seal can later show that the store still has that history, unchanged, and finds
//! what even somebody changed who can make every checksum and every chain right again. `docs/evidence-bundle.md` has the
//! form.

mod check;
mod error;
mod hex;
mod key;
mod make;

use contract::event::StreamName;
use licensing::{Instant, LicenseeId};
use serde::{Deserialize, Serialize};

pub use error::SealError;
pub use hex::{Hex, InvalidHex};
pub use key::{KeyError, RawPublicKey, RawSignature, SigningKey, VerifyingKey};
pub use make::seal;
pub(crate) use make::seal_of;

/// The name of the form.
pub const SEAL_FORMAT: &str = "usher.seal";
/// The version of the form.
pub const SEAL_VERSION: u32 = 1;
/// The largest seal that is read, bytes: room for some two million streams.
pub const SEAL_BYTES_MAX: usize = 512 * 1024 * 1024;
/// The most streams of a seal.
const STREAMS_MAX: usize = 2_000_000;

/// How a store is named in a seal.
pub(crate) fn store_name(store: &[u8]) -> String {
    ::hex::encode(store)
}

/// What is signed. The fields stand in the order of their names, so that compact JSON of it is the canonical one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// For the seal of a bundle, what is in the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contents: Option<Contents>,
    /// Events of all shards.
    pub events: u64,
    /// Always [`SEAL_FORMAT`].
    pub format: String,
    /// When it was made, by the clock of the machine.
    pub made_at: Instant,
    /// The end of each shard, in their order.
    pub shards: Vec<ShardEnd>,
    /// Which store it is of.
    pub store: String,
    /// The end of each stream, by name; of a bundle, of those in it.
    pub streams: Vec<SealedStream>,
    /// Always [`SEAL_VERSION`].
    pub version: u32,
}

/// The end of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardEnd {
    /// How many commits it has.
    pub commits: u64,
    /// The hash over all of them.
    pub hash: Hex<32>,
    /// The position of its last record.
    pub position: u64,
    /// The shard.
    pub shard: u16,
}

/// The end of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedStream {
    /// The hash of its last event.
    pub hash: Hex<32>,
    /// Its name.
    #[serde(with = "as_text")]
    pub stream: StreamName,
    /// The version of its last event.
    pub version: u64,
}

/// What is in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// How many events.
    pub events: u64,
    /// Whose they are, by id; absent for the whole store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licensees: Option<Vec<LicenseeId>>,
    /// How many lines there are before the seal.
    pub lines: u64,
    /// How many refusals.
    pub refusals: u64,
    /// SHA-256 over all of these lines with their ends.
    pub sha256: Hex<32>,
}

/// A seal with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedSeal {
    /// What is signed: its canonical JSON, which is compact and has the names in order.
    pub seal: Seal,
    /// By whom.
    pub signature: Signature,
}

/// Who signed, and the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// How.
    pub algorithm: Algorithm,
    /// The key to check it with.
    pub public_key: RawPublicKey,
    /// The signature.
    pub value: RawSignature,
}

/// How something is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// RFC 8032, pure.
    Ed25519,
}

/// What came to a store after a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Since {
    /// Commits of all shards.
    pub commits: u64,
    /// Events of all streams.
    pub events: u64,
}

/// Names of streams as text.
mod as_text {
    use contract::event::StreamName;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(stream: &StreamName, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(stream)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StreamName, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
