//! What the writer takes from its queue.

use licensing::{LicenseeId, UserId};
use tokio::sync::oneshot;

use crate::{EngineError, Order, ReplyTo};

/// What the writer takes.
pub(crate) enum Submission {
    Order {
        order: Order,
        reply: ReplyTo,
    },
    /// Decide for these shards from now on; the index has caught up with them.
    Take {
        shards: Vec<u16>,
        done: oneshot::Sender<Result<(), EngineError>>,
    },
    /// Decide for these no longer; answered once everything that was decided is committed.
    LetGo {
        shards: Vec<u16>,
        done: oneshot::Sender<Result<(), EngineError>>,
    },
    /// A commit failed, or one is done for which the next batch waits: nothing else may come for long.
    Wake,
    Stop,
}

impl Submission {
    /// Says that it was not decided.
    pub(crate) fn fail(self, error: &EngineError) {
        match self {
            Self::Order { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::Take { done, .. } | Self::LetGo { done, .. } => drop(done.send(Err(error.clone()))),
            Self::Wake | Self::Stop => {}
        }
    }

    /// The id under which its outcome may be kept already.
    pub(crate) fn command_id(&self) -> Option<String> {
        match self {
            Self::Order { order, .. } => order.command_id(),
            Self::Take { .. } | Self::LetGo { .. } | Self::Wake | Self::Stop => None,
        }
    }

    /// Whom it would make a member of what.
    pub(crate) fn candidate(&self) -> Option<(&UserId, &LicenseeId)> {
        match self {
            Self::Order { order, .. } => order.candidate(),
            Self::Take { .. } | Self::LetGo { .. } | Self::Wake | Self::Stop => None,
        }
    }
}
