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
