//! The way into the engine.

use std::sync::{
    Arc,
    mpsc::{SyncSender, TrySendError},
};

use contract::incoming::Incoming;
use journal::Positions;
use licensing::{Catalogue, Instant};
use tokio::sync::oneshot;

use crate::{
    Call, Claim, ClockMode, ClockRefused, Done, EngineError,
    published::{PublishedClock, PublishedHeads},
};

/// The answer to a command, once there is one.
pub type Reply<T> = Result<T, EngineError>;

/// What the writer takes.
pub(crate) enum Submission {
    Message { incoming: Box<Incoming>, reply: oneshot::Sender<Reply<Done>> },
    Call { call: Box<Call>, reply: oneshot::Sender<Reply<Done>> },
    Claim { claim: Box<Claim>, reply: oneshot::Sender<Reply<Done>> },
    AdvanceClock { to: Instant, reply: oneshot::Sender<Reply<Result<Moved, ClockRefused>>> },
    Stop,
}

/// The clock was moved.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// Where it stands.
    pub now: Instant,
    /// Whoever has read up to here sees all that happened on the way.
    pub positions: Positions,
}

/// The way into a running engine. Clones lead to the same one.
#[derive(Clone)]
pub struct Engine {
    pub(crate) queue: SyncSender<Submission>,
    pub(crate) clock: PublishedClock,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) heads: PublishedHeads,
}

/// A place in the queue; the answer comes once it is committed.
///
/// A command whose ticket is dropped is decided all the same.
#[must_use]
pub struct Ticket<T>(oneshot::Receiver<Reply<T>>);

impl<T> Ticket<T> {
    /// Waits for the answer.
    ///
    /// # Errors
    /// [`EngineError`] when the engine or its store failed or was stopped.
    pub async fn answer(self) -> Reply<T> {
        self.0.await.unwrap_or(Err(EngineError::Stopped))
    }

    /// Waits for the answer on this thread, which must not belong to an asynchronous runtime.
    ///
    /// # Errors
    /// [`EngineError`] when the engine or its store failed or was stopped.
    pub fn wait(self) -> Reply<T> {
        self.0.blocking_recv().unwrap_or(Err(EngineError::Stopped))
    }
}

impl Engine {
    /// Hands in a message from outside, unless the queue is full.
    ///
    /// # Errors
    /// [`EngineError::Busy`] or [`EngineError::Stopped`]; the message was not taken.
    pub fn try_message(&self, incoming: Incoming) -> Result<Ticket<Done>, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.try_send(Submission::Message { incoming: Box::new(incoming), reply })?;
        Ok(Ticket(answer))
    }

    /// Hands in a message from outside; waits on this thread while the queue is full.
    ///
    /// # Errors
    /// [`EngineError::Stopped`]; the message was not taken.
    pub fn message(&self, incoming: Incoming) -> Result<Ticket<Done>, EngineError> {
        let (reply, answer) = oneshot::channel();
        let submission = Submission::Message { incoming: Box::new(incoming), reply };
        self.queue.send(submission).map_err(|_| EngineError::Stopped)?;
        Ok(Ticket(answer))
    }

    /// Hands in a command, unless the queue is full.
    ///
    /// # Errors
    /// [`EngineError::Busy`] or [`EngineError::Stopped`]; the command was not taken.
    pub fn try_call(&self, call: Call) -> Result<Ticket<Done>, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.try_send(Submission::Call { call: Box::new(call), reply })?;
        Ok(Ticket(answer))
    }

    /// Takes a key for a request, unless the queue is full. A duplicate means that the same request took it before; with
    /// another content the outcome is a refusal.
    ///
    /// # Errors
    /// [`EngineError::Busy`] or [`EngineError::Stopped`]; the key was not taken.
    pub fn try_claim(&self, claim: Claim) -> Result<Ticket<Done>, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.try_send(Submission::Claim { claim: Box::new(claim), reply })?;
        Ok(Ticket(answer))
    }

    /// Moves a manual clock forward. Every timer due on the way fires, in order, before the answer comes.
    ///
    /// # Errors
    /// [`EngineError::Busy`] or [`EngineError::Stopped`]; the clock stands where it stood.
    pub fn try_advance_clock(&self, to: Instant) -> Result<Ticket<Result<Moved, ClockRefused>>, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.try_send(Submission::AdvanceClock { to, reply })?;
        Ok(Ticket(answer))
    }

    /// The clock, as far as is committed.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What moves the clock.
    pub const fn clock_mode(&self) -> ClockMode {
        self.clock.mode()
    }

    /// What is sold, and under which numbers.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// Where the journal ends, in every shard that has anything: whoever has read up to here sees all that was answered.
    pub fn positions(&self) -> Positions {
        self.heads.positions()
    }

    fn try_send(&self, submission: Submission) -> Result<(), EngineError> {
        self.queue.try_send(submission).map_err(|error| match error {
            TrySendError::Full(_) => EngineError::Busy,
            TrySendError::Disconnected(_) => EngineError::Stopped,
        })
    }
}
