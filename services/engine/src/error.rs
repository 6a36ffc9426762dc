//! Why the engine could not do what it was asked to; none of these is the command's fault.

use std::sync::Arc;

use journal::JournalError;

/// Why there is no outcome.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// More commands wait than the queue holds; nothing was taken.
    #[error("too many commands wait: try again in a second")]
    Busy,
    /// The engine was stopped. Whether the command was committed is not known: send it again under the same id.
    #[error("usher is stopping: send the command again, under the same id, once it runs")]
    Stopped,
    /// Another node decides about this; nothing was taken.
    #[error("shard {shard} is not decided here: send the command to the node that holds it")]
    NotHeld {
        /// The shard.
        shard: u16,
    },
    /// No node decides about this at the moment; nothing was taken.
    #[error("no node holds shard {shard} at the moment: try again in a second")]
    NoHolder {
        /// The shard.
        shard: u16,
    },
    /// The way to another node failed after the command was sent there.
    #[error(
        "node {node} did not answer ({detail}), so the command may be done or not: look, or send it again under the same id"
    )]
    Unanswered {
        /// Where the node is reached.
        node: String,
        /// What went wrong.
        detail: String,
    },
    /// The user's change is committed, but some licensees could not be told yet. They will be.
    #[error("not all licensees have heard of the change yet, but they will: send the message again to wait for that")]
    Untold,
    /// The store failed; nothing of the command was committed, unless the store says so after the next start.
    #[error("the store failed: see the cause, then send the command again under the same id")]
    Store(#[source] Arc<JournalError>),
    /// What the store holds can't be understood.
    #[error("the store holds something unreadable in {place}: {detail}")]
    Unreadable {
        /// The stream or command.
        place: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A thread could not be started.
    #[error("cannot start a thread: raise the limit on threads")]
    Thread(#[source] Arc<std::io::Error>),
}

impl EngineError {
    /// A state was needed that nobody loaded: a defect of the engine, noticed before anything was changed.
    pub(crate) fn not_at_hand(stream: impl Into<String>) -> Self {
        Self::Unreadable { place: stream.into(), detail: "it was not loaded before it was needed".to_owned() }
    }
}

impl From<JournalError> for EngineError {
    fn from(error: JournalError) -> Self {
        Self::Store(Arc::new(error))
    }
}
