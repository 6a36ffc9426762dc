//! Usher's event store: the port, and SQLite and PostgreSQL behind it.
//!
//! * [`Journal`] is the truth: per shard a gapless list of commits, and the erasable details of people (R30).
//! * [`StreamIndex`] is derived from it, filled behind the commits, and says exactly how far it is.
//! * [`sqlite::SqliteStore`] is both in one folder, for one process.
//! * [`postgres::PostgresStore`] is both in one database, for any number of processes, which tell each other what they
//!   have to through [`SharedUsers`], and share the work by [`Leases`].
//! * [`overlay::Overlay`] is both on top of another store, and writes nothing: for looking at what would happen.
//!
//! Everything here blocks; asynchronous callers go through a thread of their own.

mod background;
mod causes;
pub mod chain;
mod checksum;
mod details;
mod error;
mod event_reader;
mod held;
mod indexed;
mod indexing;
mod inspection;
mod leases;
mod moment;
mod news;
pub mod overlay;
mod past_index;
mod port;
mod positions;
pub mod postgres;
mod progress;
mod read_ahead;
mod shard;
pub mod sqlite;
mod stream_index;
mod watch;

pub use background::{Background, Stopping};
pub use causes::with_causes;
pub use checksum::COMMIT_START;
pub use details::{DetailChange, LicenseeDetails, Person, StatusReason};
pub use error::JournalError;
pub use event_reader::{Concern, EventReader, EventReading, FoldBlock, MembershipChange};
pub use held::{Epoch, Held};
pub use indexed::{HistoryFilter, NextDue, Page, Snapshot, StoredEvent, StoredOutcome, StreamHead};
pub use inspection::{EventMark, IndexInspection, KeptState, KeptUse, RowCounts};
pub use leases::{Duty, Lease, Leases, Node, NodeId, Roster, Task, UnknownTask};
pub use moment::Moment;
pub use news::{Candidate, SharedUser, SharedUsers, StatusNews};
pub use past_index::{BLOCK_EVENTS, BlockState, EventBlock, FirstNamed, PastIndex, PersonalEvent, PersonalPlace};
pub use port::{BLOCK_BYTES_MAX, Batch, Journal, NewCommit, StoredCommit};
pub use positions::{Head, InvalidPositions, Position, Positions};
pub use progress::{Ended, Progress};
pub use read_ahead::{Stretch, beginnings, read_ahead};
pub use shard::shard_of;
pub use stream_index::StreamIndex;
pub use watch::Watch;
