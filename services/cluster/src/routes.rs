//! Where each shard is decided, as far as this node knows.

use std::{sync::Arc, time::Duration, time::Instant};

use journal::{Duty, Node, NodeId, Roster, Task, Watch};
use tokio::sync::watch;

/// A roster, and when it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) roster: Arc<Roster>,
    pub(crate) asked_at: Instant,
}

/// Where a shard is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// By this node, now or in a moment.
    Here,
    /// By another node.
    To(Node),
    /// By nobody who can be reached.
    Nowhere,
}

/// The newest roster, and a way to ask for a newer one. Clones share the same.
#[derive(Debug, Clone)]
pub(crate) struct Routes {
    me: NodeId,
    seen: Arc<watch::Sender<Seen>>,
    nudged: Watch,
}

impl Routes {
    pub(crate) fn new(me: NodeId, seen: Seen) -> Self {
        Self { me, seen: Arc::new(watch::Sender::new(seen)), nudged: Watch::default() }
    }

    pub(crate) fn publish(&self, seen: Seen) {
        self.seen.send_replace(seen);
    }

    pub(crate) fn newest(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Is notified when somebody wants a newer roster.
    pub(crate) fn nudged(&self) -> &Watch {
        &self.nudged
    }

    /// Asks for a newer roster.
    pub(crate) fn nudge(&self) {
        self.nudged.notify();
    }

    /// Asks for a newer roster and waits for the next one, at most for `timeout`.
    pub(crate) async fn refresh(&self, timeout: Duration) {
        let mut seen = self.seen.subscribe();
        self.nudge();
        // Without one in time, or at the end, the one that is there has to do.
        let _ = tokio::time::timeout(timeout, seen.changed()).await;
    }

    /// Where a shard is decided.
    pub(crate) fn route(&self, shard: u16) -> Route {
        let roster = self.newest().roster;
        let task = Task { duty: Duty::Write, shard };
        let holder = roster.leases.iter().find(|lease| lease.task == task).and_then(|lease| lease.holder);
        if holder == Some(self.me) {
            return Route::Here;
        }
        let node = roster.nodes.iter().find(|node| Some(node.id) == holder && !node.address.is_empty());
        node.map_or(Route::Nowhere, |node| Route::To(node.clone()))
    }

    /// The other nodes that can be reached.
    pub(crate) fn others(&self) -> Vec<Node> {
        let roster = self.newest().roster;
        let others = roster.nodes.iter().filter(|node| node.id != self.me && !node.address.is_empty());
        others.cloned().collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use journal::{Epoch, Lease};
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> NodeId {
        NodeId(Uuid::from_u128(number))
    }

    fn routes() -> Routes {
        let node = |number, address: &str| Node { id: id(number), address: address.to_owned(), duties: Vec::new() };
        let lease = |shard, holder: Option<u128>| Lease {
            task: Task { duty: Duty::Write, shard },
            epoch: Epoch(1),
            holder: holder.map(id),
        };
        let roster = Roster {
            nodes: vec![node(1, "one:1"), node(2, "two:2"), node(3, "")],
            leases: vec![lease(0, Some(1)), lease(1, Some(2)), lease(2, Some(3)), lease(3, None)],
        };
        Routes::new(id(1), Seen { roster: Arc::new(roster), asked_at: Instant::now() })
    }

    #[test]
    fn a_shard_is_found_at_whoever_holds_it_and_can_be_reached() {
        let routes = routes();
        assert_eq!(routes.route(0), Route::Here);
        assert!(matches!(routes.route(1), Route::To(node) if node.address == "two:2"));
        assert_eq!(
            (routes.route(2), routes.route(3), routes.route(9)),
            (Route::Nowhere, Route::Nowhere, Route::Nowhere)
        );
        assert_eq!(routes.others().len(), 1);
    }

    #[tokio::test]
    async fn asking_for_a_newer_roster_ends_with_it() {
        let routes = routes();
        let before = routes.nudged().generation();
        let refresh = tokio::spawn({
            let routes = routes.clone();
            async move { routes.refresh(Duration::from_secs(60)).await }
        });
        while routes.nudged().generation() == before {
            tokio::task::yield_now().await;
        }
        routes.publish(routes.newest());
        refresh.await.unwrap();
    }
}
