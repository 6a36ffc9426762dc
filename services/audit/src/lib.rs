//! Whether a store is what it was: the journal held against itself, and everything derived from it against a replay.
//!
//! [`verify`] reads every commit of every shard, checks checksums, numbers, positions and hash chains, and folds all of it
//! with the domain's own `evolve`. What index and views answer is then compared with the fold; none of their own code for
//! deriving takes part. The first difference is named; nothing is changed or mended.
//!
//! Others may go on writing meanwhile: what differs is looked at again until either it agrees or the replay stands still
//! about it. The memory taken grows with streams, members and users, never with the number of events.
//!
//! Everything here blocks; asynchronous callers go through a thread of their own.

mod auditor;
mod compare;
mod difference;
mod error;
mod index;
mod replay;
mod subject;
mod views;
mod walk;

pub use auditor::{Checked, Stage, verify, verify_journal};
pub use difference::{Difference, Part, Place};
pub use error::AuditError;
pub use subject::Subject;
