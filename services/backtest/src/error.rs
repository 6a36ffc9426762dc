//! Why there is no answer.

use contract::{event::DecodeError, kept::KeptError};
use journal::JournalError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// The journal can't be read.
    #[error("the journal cannot be read: see the cause")]
    Journal(#[from] JournalError),
    /// A commit of it can't be understood.
    #[error("commit {number} of shard {shard} cannot be read: run usher verify")]
    Commit {
        /// The shard.
        shard: u16,
        /// Its number.
        number: u64,
        /// Why.
        #[source]
        source: CommitFault,
    },
}

/// Why a commit can't be understood.
#[derive(Debug, thiserror::Error)]
pub enum CommitFault {
    /// It is no commit.
    #[error("its block is no commit")]
    Block,
    /// One of its events can't be read.
    #[error(transparent)]
    Event(#[from] DecodeError),
    /// What was kept of a command can't be read.
    #[error(transparent)]
    Command(#[from] KeptError),
    /// One of its times is out of range.
    #[error("a time is out of range")]
    Time,
    /// It names a licensee or user by no id.
    #[error(transparent)]
    Id(#[from] licensing::InvalidId),
}
