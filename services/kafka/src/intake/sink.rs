//! Where messages go: the engine, seen from here.

use std::{future::Future, pin::Pin};

use contract::incoming::Incoming;
use licensing::Refusal;

/// Takes messages, shard by shard.
pub trait Sink: Send + Sync + 'static {
    /// The shard that decides a message; messages with the same key have the same.
    fn shard_of(&self, incoming: &Incoming) -> u16;

    /// Hands in messages of one shard, in order, and gives an answer to each, in the same order. What is said to be done
    /// is durable.
    ///
    /// The next batch of the shard comes only when all of this one is done. Messages without an outcome come again before
    /// that, in the same order: so behind one of them, none with the same key may take effect. A message that was done
    /// before is a duplicate and has no effect (R34).
    fn submit(&self, shard: u16, messages: Vec<Incoming>) -> Submitted;
}

/// The answers to a batch, on their way.
pub type Submitted = Pin<Box<dyn Future<Output = Vec<Result<Outcome, SinkError>>> + Send>>;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it had been there before; then nothing happened now (R34).
    pub duplicate: bool,
    /// Why it was refused, now or, if it is a duplicate, the first time (R35).
    pub refusal: Option<Refusal>,
}

/// Why there is no outcome; never the message's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// To be handed in again.
    #[error("{reason}")]
    Retry {
        /// Why, for the log.
        reason: String,
    },
}
