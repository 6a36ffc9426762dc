//! Why a node can't take part.

use std::io;

use journal::JournalError;

/// Why a node could not join the others.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The store did not take the node onto the roster.
    #[error("cannot join the nodes of this store: see the cause")]
    Store(#[from] JournalError),
    /// The socket for other nodes can't be used.
    #[error("cannot take commands from other nodes: check --node-listen")]
    Listen(#[source] io::Error),
    /// A thread could not be started.
    #[error("cannot start a thread: raise the limit on threads")]
    Thread(#[source] io::Error),
}
