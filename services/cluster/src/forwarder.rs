//! Takes what this node's engine does not decide, and brings it to whoever does.

use std::sync::Arc;

use engine::{EngineError, Order, Peers, ReplyTo};
use journal::{Duty, Roster};
use licensing::Instant;
use tokio::{
    sync::mpsc::{Sender, channel, error::TrySendError},
    task::JoinSet,
};

use crate::{
    clocks::{Clocks, Move},
    context::Context,
    lane::{Lane, Waiting},
};

/// How many orders of one shard may wait; with more, callers are told to come back.
const WAITING_MAX: usize = 4_096;
/// How many moves of the clock may wait.
const MOVES_MAX: usize = 16;

/// The lanes at work. Dropping it ends them, and tells everyone who waits in one that the engine stopped.
pub(crate) struct Forwarder {
    _lanes: JoinSet<()>,
}

/// The entrances of the lanes.
struct Lanes {
    orders: Vec<Sender<Waiting>>,
    /// News has lanes of its own: an answer to a directory message waits until its news is told, so news that waited
    /// behind such messages of another node, and these behind ours, would wait for ever.
    news: Vec<Sender<Waiting>>,
    clocks: Sender<Move>,
}

impl Forwarder {
    /// Starts the lanes, two for each shard of the store, and connects the engine to them.
    pub(crate) fn start(context: &Context) -> Self {
        let way = context.way();
        let shards = shard_count(&context.routes.newest().roster);
        let mut tasks = JoinSet::new();
        let mut open_lane = |shard| {
            let (entrance, inbox) = channel(WAITING_MAX);
            tasks.spawn_on(Lane::new(shard, inbox, way.clone()).run(), &context.runtime);
            entrance
        };
        let orders = (0..shards).map(&mut open_lane).collect();
        let news = (0..shards).map(&mut open_lane).collect();
        let (clocks, inbox) = channel(MOVES_MAX);
        tasks.spawn_on(Clocks { me: context.me, inbox, way: way.clone() }.run(), &context.runtime);
        way.engine.connect(Arc::new(Lanes { orders, news, clocks }));
        Self { _lanes: tasks }
    }
}

/// Into how many shards the store is divided: each has one task of every duty.
fn shard_count(roster: &Roster) -> u16 {
    let of_writing = roster.leases.iter().filter(|lease| lease.task.duty == Duty::Write);
    u16::try_from(of_writing.count()).unwrap_or(u16::MAX)
}

impl Peers for Lanes {
    fn send(&self, shard: u16, order: Order, reply: ReplyTo) {
        let lanes = if matches!(order, Order::News(_)) { &self.news } else { &self.orders };
        let Some(lane) = lanes.get(usize::from(shard)) else {
            return drop(reply.send(Err(EngineError::NoHolder { shard })));
        };
        if let Err(unsent) = lane.try_send(Waiting { order, reply }) {
            let error = why_full(&unsent);
            drop(unsent.into_inner().reply.send(Err(error)));
        }
    }

    fn advance_clocks(&self, to: Instant, reply: ReplyTo) {
        if let Err(unsent) = self.clocks.try_send((to, reply)) {
            let error = why_full(&unsent);
            drop(unsent.into_inner().1.send(Err(error)));
        }
    }
}

const fn why_full<T>(unsent: &TrySendError<T>) -> EngineError {
    match unsent {
        TrySendError::Full(_) => EngineError::Busy,
        TrySendError::Closed(_) => EngineError::Stopped,
    }
}
