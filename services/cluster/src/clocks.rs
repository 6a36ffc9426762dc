//! Moves the clocks of all nodes, one move after another.

use std::{collections::BTreeMap, time::Duration};

use engine::{ClockRefused, EngineError, Moved, Order, Reply, ReplyTo};
use journal::{Node, NodeId};
use licensing::Instant;
use tokio::{sync::mpsc::Receiver, task::JoinSet, time::Instant as Moment};

use crate::{
    hand_in::hand_in,
    lane::Way,
    links::Unsent,
    wire::{self, Said},
};

/// How long nodes that do not answer are tried: longer than one that died stays on the roster.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long to wait for a newer roster before trying again.
const REFRESH_WAIT: Duration = Duration::from_millis(250);
/// How long a move may take: all that is due on the way happens first.
const MOVE_WAIT: Duration = Duration::from_secs(600);

/// A move of all clocks, and who waits for it.
pub(crate) type Move = (Instant, ReplyTo);

/// The clocks of all nodes.
pub(crate) struct Clocks {
    pub(crate) me: NodeId,
    pub(crate) inbox: Receiver<Move>,
    pub(crate) way: Way,
}

type Answered = Result<Result<Moved, ClockRefused>, EngineError>;

impl Clocks {
    /// Moves clocks until nobody can ask for it any more.
    pub(crate) async fn run(mut self) {
        while let Some((to, reply)) = self.inbox.recv().await {
            drop(reply.send(self.advance(to).await.map(Reply::Moved)));
        }
    }

    /// Moves all clocks; done once every node that is alive has said so. A clock that stands there already counts as
    /// moved, so a move that failed half way can be asked for again.
    async fn advance(&self, to: Instant) -> Answered {
        let give_up_at = Moment::now() + PATIENCE;
        let mut moved = BTreeMap::new();
        loop {
            self.way.routes.refresh(REFRESH_WAIT).await;
            let mut failure = None;
            for (node, answer) in self.round(to, &moved).await {
                match answer {
                    Ok(Ok(done)) => drop(moved.insert(node, done)),
                    Ok(Err(refused)) => return Ok(Err(refused)),
                    Err(error) => failure = Some(error),
                }
            }
            match failure {
                None => return Ok(Ok(together(to, moved.into_values()))),
                Some(error) if Moment::now() >= give_up_at => return Err(error),
                Some(error) => tracing::debug!(error = &error as &dyn std::error::Error, "a clock is not moved yet"),
            }
        }
    }

    /// Asks all nodes at once whose clocks are not moved yet.
    async fn round(&self, to: Instant, moved: &BTreeMap<NodeId, Moved>) -> Vec<(NodeId, Answered)> {
        let mut asked = JoinSet::new();
        if !moved.contains_key(&self.me) {
            let (me, way) = (self.me, self.way.clone());
            asked.spawn(async move { (me, move_own(&way, to).await) });
        }
        for node in self.way.routes.others().into_iter().filter(|node| !moved.contains_key(&node.id)) {
            let way = self.way.clone();
            asked.spawn(async move { (node.id, move_other(&way, &node, to).await) });
        }
        asked.join_all().await
    }
}

async fn move_own(way: &Way, to: Instant) -> Answered {
    let answer = hand_in(&way.engine, vec![Order::AdvanceClock(to)]).await.pop();
    as_moved(answer.unwrap_or(Err(EngineError::Stopped)))
}

async fn move_other(way: &Way, node: &Node, to: Instant) -> Answered {
    let order = wire::write_order(&Order::AdvanceClock(to))?;
    let mut answers = way.links.submit(node, None, vec![order], MOVE_WAIT).await.map_err(|unsent| {
        let (Unsent::NotTaken(detail) | Unsent::Lost(detail)) = unsent;
        EngineError::Unanswered { node: node.address.clone(), detail }
    })?;
    match Said::there(answers.pop(), &node.address, 0) {
        Said::Settled(answer) => as_moved(answer),
        Said::NotTaken(error) | Said::Lost(error) => Err(error),
    }
}

fn as_moved(answer: Result<Reply, EngineError>) -> Answered {
    match answer? {
        Reply::Moved(moved) => Ok(moved),
        // Every order has its kind of reply.
        Reply::Done(_) | Reply::Previewed(_) | Reply::OtherVersion { .. } => Err(EngineError::Stopped),
    }
}

fn together(to: Instant, moved: impl Iterator<Item = Moved>) -> Moved {
    let mut all = Moved { now: to, positions: journal::Positions::default() };
    for one in moved {
        all.now = all.now.max(one.now);
        all.positions.advance_all(&one.positions);
    }
    all
}
