//! What can go wrong with the past.

use contract::event::DecodeError;
use journal::JournalError;
use views::ViewsError;

/// Why the past was not told.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The journal or its index could not be read.
    #[error("the past cannot be read: see the cause")]
    Journal(#[from] JournalError),
    /// A page of members could not be made.
    #[error(transparent)]
    Views(#[from] ViewsError),
    /// What was asked for takes longer than anybody should wait for, and is on its way.
    #[error("{done} of {of} members have been looked at so far: ask again in a second")]
    BeingPrepared {
        /// How many members were looked at.
        done: u64,
        /// Of how many.
        of: u64,
    },
    /// There is no thread to prepare it with.
    #[error("no thread could be started: let usher have more threads, then ask again")]
    Thread(#[source] std::io::Error),
    /// An event cannot be understood.
    #[error("event {version} of {stream} cannot be read: upgrade usher if a newer one wrote it, or run usher verify")]
    Event {
        /// Its stream.
        stream: String,
        /// Its version.
        version: u64,
        /// What is wrong with it.
        #[source]
        source: DecodeError,
    },
}
