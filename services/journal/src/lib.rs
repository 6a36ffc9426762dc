//! Usher's event store: the port and the embedded SQLite store behind it.
//!
//! * [`Journal`] is the truth: per shard a gapless list of commits, and the erasable details of people (R30).
//! * [`StreamIndex`] is derived from it, filled behind the commits, and says exactly how far it is.
//! * [`sqlite::SqliteStore`] is both in one folder.
//!
//! Everything here blocks; asynchronous callers go through a thread of their own.

pub mod chain;
mod details;
mod error;
mod port;
mod positions;
mod progress;
mod shard;
pub mod sqlite;
mod stream_index;
mod watch;

pub use details::{DetailChange, LicenseeDetails, Person, StatusReason};
pub use error::JournalError;
pub use port::{BLOCK_BYTES_MAX, Batch, Head, Journal, NewCommit, Position, StoredCommit};
pub use positions::{InvalidPositions, Positions};
pub use progress::{Ended, Progress};
pub use shard::shard_of;
pub use stream_index::{
    HistoryFilter, MembershipChange, MembershipOf, NextDue, Page, Snapshot, StoredEvent, StoredOutcome, StreamHead,
    StreamIndex,
};
pub use watch::Watch;
