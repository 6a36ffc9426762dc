//! What the writer takes from its queue.

use std::slice;

use tokio::sync::oneshot;

use crate::{EngineError, Order, ReplyTo};

/// An order, and where its answer goes.
pub(crate) struct Asked {
    pub(crate) order: Order,
    pub(crate) reply: ReplyTo,
}

/// What the writer takes.
pub(crate) enum Submission {
    Order(Asked),
    /// Orders for one home, each decided only if those before it were.
    Chain(Vec<Asked>),
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

impl Asked {
    /// Says that it was not decided.
    pub(crate) fn fail(self, error: &EngineError) {
        // Whoever asked may have gone away.
        drop(self.reply.send(Err(error.clone())));
    }
}

impl Submission {
    /// Says that it was not decided.
    pub(crate) fn fail(self, error: &EngineError) {
        match self {
            Self::Order(asked) => asked.fail(error),
            Self::Chain(chain) => chain.into_iter().for_each(|asked| asked.fail(error)),
            Self::Take { done, .. } | Self::LetGo { done, .. } => drop(done.send(Err(error.clone()))),
            Self::Wake | Self::Stop => {}
        }
    }

    /// The orders in it.
    pub(crate) fn orders(&self) -> impl Iterator<Item = &Order> {
        let asked = match self {
            Self::Order(asked) => slice::from_ref(asked),
            Self::Chain(chain) => chain.as_slice(),
            Self::Take { .. } | Self::LetGo { .. } | Self::Wake | Self::Stop => &[],
        };
        asked.iter().map(|asked| &asked.order)
    }

    /// How many commands it counts as. What is none counts too, so that it is seen to wait.
    pub(crate) fn commands(&self) -> usize {
        match self {
            Self::Chain(chain) => chain.len(),
            Self::Order(_) | Self::Take { .. } | Self::LetGo { .. } | Self::Wake | Self::Stop => 1,
        }
    }
}
