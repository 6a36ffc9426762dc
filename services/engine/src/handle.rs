//! The way into the engine.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock, mpsc::TrySendError},
};

use contract::incoming::{Incoming, Request};
use journal::{Epoch, Held, Journal, Positions, StreamIndex};
use licensing::{Catalogue, Instant, LicenseeId};
use tokio::sync::oneshot;

use crate::{
    Call, Claim, ClockMode, ClockRefused, Done, EngineError, Moved, Order, Peers, Reply, Shared,
    order::home_of,
    preparing::Preparing,
    published::{PublishedClock, PublishedHeads},
    queue::Queue,
    reading,
    shards::Decided,
    submission::{Asked, Submission},
};

/// The most messages of one chain: the queue is bounded by what is in it, however long that is.
const CHAIN_MAX: usize = 64;

/// The way into a running engine. Clones lead to the same one.
#[derive(Clone)]
pub struct Engine {
    pub(crate) queue: Queue,
    pub(crate) clock: PublishedClock,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) heads: PublishedHeads,
    pub(crate) decided: Decided,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) index: Arc<dyn StreamIndex>,
    pub(crate) preparing: Preparing,
    pub(crate) shared: Option<Shared>,
    pub(crate) peers: Arc<OnceLock<Arc<dyn Peers>>>,
}

/// A place in the queue; the answer comes once it is committed.
///
/// A command whose ticket is dropped is decided all the same.
#[must_use]
pub struct Ticket<T> {
    answer: oneshot::Receiver<Result<Reply, EngineError>>,
    read: fn(Reply) -> Option<T>,
    heads: PublishedHeads,
}

impl<T> Ticket<T> {
    /// Waits for the answer.
    ///
    /// # Errors
    /// [`EngineError`] when the engine or its store failed or was stopped.
    pub async fn answer(self) -> Result<T, EngineError> {
        let Self { answer, read, heads } = self;
        read_answer(answer.await.unwrap_or(Err(EngineError::Stopped)), read, &heads)
    }

    /// Waits for the answer on this thread, which must not belong to an asynchronous runtime.
    ///
    /// # Errors
    /// [`EngineError`] when the engine or its store failed or was stopped.
    pub fn wait(self) -> Result<T, EngineError> {
        let Self { answer, read, heads } = self;
        read_answer(answer.blocking_recv().unwrap_or(Err(EngineError::Stopped)), read, &heads)
    }
}

fn read_answer<T>(
    answer: Result<Reply, EngineError>,
    read: fn(Reply) -> Option<T>,
    heads: &PublishedHeads,
) -> Result<T, EngineError> {
    let reply = answer?;
    // What another node committed is not published here yet.
    heads.publish_all(match &reply {
        Reply::Done(done) => &done.positions,
        Reply::Moved(Ok(moved)) => &moved.positions,
        Reply::Moved(Err(_)) | Reply::Previewed(_) | Reply::OtherVersion { .. } => {
            return read(reply).ok_or(EngineError::Stopped);
        }
    });
    // Every order has its kind of reply; another one could only come from a node of another version.
    read(reply).ok_or(EngineError::Stopped)
}

fn as_done(reply: Reply) -> Option<Done> {
    match reply {
        Reply::Done(done) => Some(*done),
        Reply::Moved(_) | Reply::Previewed(_) | Reply::OtherVersion { .. } => None,
    }
}

fn as_moved(reply: Reply) -> Option<Result<Moved, ClockRefused>> {
    match reply {
        Reply::Moved(moved) => Some(moved),
        Reply::Done(_) | Reply::Previewed(_) | Reply::OtherVersion { .. } => None,
    }
}

impl Engine {
    /// Hands in a message from outside, unless the queue is full.
    ///
    /// # Errors
    /// [`EngineError::Busy`] or [`EngineError::Stopped`]; the message was not taken.
    pub fn try_message(&self, incoming: Incoming) -> Result<Ticket<Done>, EngineError> {
        self.try_order(Order::Message(Box::new(incoming)), as_done)
    }

    /// Hands in a message from outside; waits on this thread while the queue is full.
    ///
    /// # Errors
    /// [`EngineError::Stopped`]; the message was not taken.
    pub fn message(&self, incoming: Incoming) -> Result<Ticket<Done>, EngineError> {
        if !self.decided.contains(self.shard_of(home_of(&incoming))) {
            return self.try_message(incoming);
        }
        let (reply, answer) = oneshot::channel();
        let submission = Submission::Order(Asked { order: Order::Message(Box::new(incoming)), reply });
        self.queue.send(submission).map_err(|_| EngineError::Stopped)?;
        Ok(self.ticket(answer, as_done))
    }

    /// Hands in messages that have one home, so that none overtakes another: of those behind one that was not taken or not
    /// committed none is decided. Gives their outcomes, in order and no further than to the first error.
    pub async fn messages_in_order(&self, messages: Vec<Incoming>) -> Vec<Result<Done, EngineError>> {
        let mut outcomes = Vec::with_capacity(messages.len());
        let mut waiting = VecDeque::from(messages);
        while !waiting.is_empty() {
            let length = self.chain_length(&waiting);
            let tickets = match self.try_chain(waiting.drain(..length)) {
                Ok(tickets) => tickets,
                Err(error) => {
                    outcomes.push(Err(error));
                    return outcomes;
                }
            };
            for ticket in tickets {
                let outcome = ticket.answer().await;
                let is_error = outcome.is_err();
                outcomes.push(outcome);
                if is_error {
                    return outcomes;
                }
            }
        }
        outcomes
    }

    /// How many of the messages that wait may go in at one go: one where another node decides, as it gets them one by one,
    /// and a change of a user's status alone, as others have to be told before its answer.
    fn chain_length(&self, waiting: &VecDeque<Incoming>) -> usize {
        let is_decided_here = |message: &Incoming| self.decided.contains(self.shard_of(home_of(message)));
        if !waiting.front().is_some_and(is_decided_here) {
            return 1;
        }
        let is_status = |message: &Incoming| matches!(message.request, Ok(Request::UserStatus { .. }));
        waiting.iter().take(CHAIN_MAX).take_while(|message| !is_status(message)).count().max(1)
    }

    fn try_chain(
        &self,
        mut messages: impl ExactSizeIterator<Item = Incoming>,
    ) -> Result<Vec<Ticket<Done>>, EngineError> {
        if messages.len() == 1 {
            return messages.next().map(|message| self.try_message(message)).into_iter().collect();
        }
        let (chain, tickets) = messages
            .map(|message| {
                let (reply, answer) = oneshot::channel();
                (Asked { order: Order::Message(Box::new(message)), reply }, self.ticket(answer, as_done))
            })
            .unzip();
        self.try_send(Submission::Chain(chain))?;
        Ok(tickets)
    }

    /// Hands in a command, unless the queue is full.
    ///
    /// # Errors
    /// [`EngineError::Busy`] or [`EngineError::Stopped`]; the command was not taken.
    pub fn try_call(&self, call: Call) -> Result<Ticket<Done>, EngineError> {
        self.try_order(Order::Call(Box::new(call)), as_done)
    }

    /// Takes a key for a request, unless the queue is full. A duplicate means that the same request took it before; with
    /// another content the outcome is a refusal.
    ///
    /// # Errors
    /// [`EngineError::Busy`] or [`EngineError::Stopped`]; the key was not taken.
    pub fn try_claim(&self, claim: Claim) -> Result<Ticket<Done>, EngineError> {
        self.try_order(Order::Claim(Box::new(claim)), as_done)
    }

    /// Moves a manual clock forward, on all nodes. Every timer due on the way fires, in order, before the answer comes.
    ///
    /// # Errors
    /// [`EngineError::Busy`] or [`EngineError::Stopped`]; the clock stands where it stood.
    pub fn try_advance_clock(&self, to: Instant) -> Result<Ticket<Result<Moved, ClockRefused>>, EngineError> {
        self.try_order(Order::AdvanceClock(to), as_moved)
    }

    /// Hands in an order, here or at the node that holds its shard.
    ///
    /// # Errors
    /// [`EngineError::Busy`], [`EngineError::Stopped`] or [`EngineError::NotHeld`]; the order was not taken.
    pub fn submit(&self, order: Order) -> Result<Ticket<Reply>, EngineError> {
        self.try_order(order, Some)
    }

    /// Hands in an order for a shard that is decided here: what other nodes send.
    ///
    /// # Errors
    /// [`EngineError::Busy`], [`EngineError::Stopped`] or [`EngineError::NotHeld`]; the order was not taken.
    pub fn submit_here(&self, order: Order) -> Result<Ticket<Reply>, EngineError> {
        if let Some(home) = order.home() {
            let shard = self.shard_of(&home);
            if !self.decided.contains(shard) {
                return Err(EngineError::NotHeld { shard });
            }
        }
        let (reply, answer) = oneshot::channel();
        self.try_send(Submission::Order(Asked { order, reply }))?;
        Ok(self.ticket(answer, Some))
    }

    /// Asks the writer of this process, whatever others do, for what it always refuses: to set the clock back. Whoever
    /// refuses is alive, and nothing changes.
    ///
    /// # Errors
    /// [`EngineError::Busy`] or [`EngineError::Stopped`].
    pub fn try_probe(&self) -> Result<Ticket<Reply>, EngineError> {
        self.submit_here(Order::AdvanceClock(Instant::MIN_UTC))
    }

    /// Says how other nodes are reached; the first time only.
    pub fn connect(&self, peers: Arc<dyn Peers>) {
        if self.peers.set(peers).is_err() {
            tracing::warn!("the way to the other nodes is known already");
        }
    }

    /// Decides for these shards from now on, whose leases this process has; gives back once it does. Blocks, mostly
    /// until the index has caught up with them.
    ///
    /// # Errors
    /// When the store can't be read, the engine was stopped, or a lease ran out meanwhile; then none of them is decided here.
    pub fn take_shards(&self, leases: &[(u16, Epoch)]) -> Result<(), EngineError> {
        let Some(shared) = &self.shared else { return Ok(()) };
        // First, so that they are indexed from here.
        leases.iter().for_each(|(shard, epoch)| shared.held.take(*shard, *epoch));
        let shards: Vec<u16> = leases.iter().map(|(shard, _)| *shard).collect();
        let taken = self.wait_for_index(&shards, &shared.held).and_then(|()| {
            let (done, is_done) = oneshot::channel();
            self.queue.send(Submission::Take { shards: shards.clone(), done }).map_err(|_| EngineError::Stopped)?;
            is_done.blocking_recv().unwrap_or(Err(EngineError::Stopped))
        });
        if taken.is_err() {
            shards.iter().for_each(|shard| shared.held.let_go(*shard));
        }
        taken
    }

    /// Decides for these shards no longer; gives back once everything that was decided for them is committed and
    /// answered. Blocks.
    ///
    /// # Errors
    /// [`EngineError::Stopped`]; then nothing is decided any more anyway.
    pub fn let_go_of_shards(&self, shards: &[u16]) -> Result<(), EngineError> {
        let Some(shared) = &self.shared else { return Ok(()) };
        let (done, is_done) = oneshot::channel();
        let sent = self.queue.send(Submission::LetGo { shards: shards.to_vec(), done });
        let let_go = match sent {
            Ok(()) => is_done.blocking_recv().unwrap_or(Err(EngineError::Stopped)),
            Err(_) => Err(EngineError::Stopped),
        };
        shards.iter().for_each(|shard| shared.held.let_go(*shard));
        let_go
    }

    /// The shards that are decided here, in order.
    pub fn decided_shards(&self) -> Vec<u16> {
        self.decided.shards()
    }

    /// How many commands wait to be decided by this process, of those that it may queue.
    pub fn commands_waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// The clock, as far as is committed.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What moves the clock.
    pub const fn clock_mode(&self) -> ClockMode {
        self.clock.mode()
    }

    /// Has a licensee with so many members read, if that takes long and it is decided here, so that it is there for a command
    /// or a preview that may come. Nobody waits for it, and nothing is done where too many are wanted.
    pub fn read_ahead(&self, licensee: &LicenseeId, members: u32) {
        if self.decided.contains(self.shard_of(licensee.as_str())) {
            self.preparing.want(licensee, members);
        }
    }

    /// What is sold, and under which numbers.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// Where the journal ends, in every shard that has anything: whoever has read up to here sees all that was answered
    /// by this node.
    pub fn positions(&self) -> Positions {
        self.heads.positions()
    }

    /// The shard of a licensee, a user or another id that an order has as its home.
    pub fn shard_of(&self, id: &str) -> u16 {
        journal::shard_of(id, self.decided.shard_count())
    }

    /// Sends an order wherever it belongs.
    fn try_order<T>(&self, order: Order, read: fn(Reply) -> Option<T>) -> Result<Ticket<T>, EngineError> {
        let (reply, answer) = oneshot::channel();
        match (order.home().map(|home| self.shard_of(&home)), self.peers.get(), order) {
            (None, Some(peers), Order::AdvanceClock(to)) => peers.advance_clocks(to, reply),
            (Some(shard), Some(peers), order) if !self.decided.contains(shard) => peers.send(shard, order, reply),
            (Some(shard), None, _) if !self.decided.contains(shard) => return Err(EngineError::NotHeld { shard }),
            (_, _, order) => self.try_send(Submission::Order(Asked { order, reply }))?,
        }
        Ok(self.ticket(answer, read))
    }

    fn ticket<T>(
        &self,
        answer: oneshot::Receiver<Result<Reply, EngineError>>,
        read: fn(Reply) -> Option<T>,
    ) -> Ticket<T> {
        Ticket { answer, read, heads: self.heads.clone() }
    }

    fn wait_for_index(&self, shards: &[u16], held: &Held) -> Result<(), EngineError> {
        let heads = self.journal.heads()?;
        let wanted = heads.iter().filter(|head| shards.contains(&head.shard));
        let left_out = reading::wait_for_index(&*self.index, wanted, |shard| held.contains(shard))?;
        left_out.first().map_or(Ok(()), |shard| Err(EngineError::NotHeld { shard: *shard }))
    }

    fn try_send(&self, submission: Submission) -> Result<(), EngineError> {
        self.queue.try_send(submission).map_err(|error| match error {
            TrySendError::Full(_) => EngineError::Busy,
            TrySendError::Disconnected(_) => EngineError::Stopped,
        })
    }
}
