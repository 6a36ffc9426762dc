//! Whether a store is what it was: the journal held against itself, and everything derived from it against a replay.
//!
//! [`verify`](fn@verify) reads every commit of every shard, checks checksums, numbers, positions and hash chains, and folds
//! all of it with the domain's own `evolve`. What index and views answer is then compared with the fold; none of their own
//! code for deriving takes part. The first difference is named; nothing is changed or mended.
//!
//! Others may go on writing meanwhile: what differs is looked at again until either it agrees or the replay stands still
//! about it. The memory taken grows with streams, members and users, but for some forty bytes with a thousand events.
//!
//! A [`Seal`] is a signed checkpoint of the journal: [`verify_against`] shows that a later store still has that history.
//! [`write_bundle`] puts events, refusals and a seal into one file, which [`verify_bundle`] checks with nothing else.
//!
//! [`reconcile`] holds a billing system's own list against the journal.
//!
//! Everything here blocks; asynchronous callers go through a thread of their own.

mod auditor;
mod bundle;
mod compare;
mod difference;
mod error;
mod index;
pub mod reconcile;
mod replay;
mod seal;
mod subject;
mod verify;
mod views;
mod walk;

pub use auditor::Stage;
pub use bundle::{
    BUNDLE_FORMAT, BUNDLE_VERSION, BundleError, Held, Scope, WriteError, Written, verify_bundle, write_bundle,
};
pub use difference::{Difference, Part, Place};
pub use error::AuditError;
pub use seal::{
    Algorithm, Contents, Hex, InvalidHex, KeyError, RawPublicKey, RawSignature, SEAL_BYTES_MAX, SEAL_FORMAT,
    SEAL_VERSION, Seal, SealError, SealedStream, ShardEnd, Signature, SignedSeal, SigningKey, Since, VerifyingKey,
    seal,
};
pub use subject::Subject;
pub use verify::{Checked, verify, verify_against, verify_journal, verify_journal_against};
