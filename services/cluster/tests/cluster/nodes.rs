//! Nodes within this process, each with its engine, its threads and its socket.

use std::{
    any::Any,
    net::TcpListener,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use cluster::{Hands, Member, Options, Secret, Timing};
use engine::{ClockMode, Done, Engine, EngineError, Order, Reply, Running, Shared, start};
use journal::{Duty, Held, Journal, Leases, NodeId};
use licensing::Catalogue;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::{
    ground::{Ground, Parts},
    messages::{DAY_ONE, at},
};

pub const TIMING: Timing = Timing { renew_every: Duration::from_millis(100), time_to_live: Duration::from_millis(800) };
/// What a loaded machine may add to a time that is promised.
pub const SLACK: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(30);

pub struct Node {
    // In this order they are dropped.
    member: Option<Member>,
    running: Running,
    pub id: NodeId,
    pub journal: Arc<dyn Journal>,
    pub held: Held,
    pub relay: Held,
    pub project: Held,
    pub notify: Held,
    _runtime: Runtime,
    _store: Option<Box<dyn Any + Send + Sync>>,
}

/// How a node differs from the usual.
pub struct Kind {
    pub duties: Vec<Duty>,
    pub secret: &'static str,
    pub timing: Timing,
}

impl Default for Kind {
    fn default() -> Self {
        Self { duties: Duty::ALL.to_vec(), secret: "s3cret", timing: TIMING }
    }
}

impl Node {
    pub fn start(ground: &dyn Ground) -> Self {
        Self::start_as(ground.parts(), Kind::default())
    }

    pub fn start_as(parts: Parts, kind: Kind) -> Self {
        let leases = parts.leases.clone();
        let mut node = Self::without_member(parts);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let options = Options {
            node: journal::Node { id: node.id, address, duties: kind.duties },
            timing: kind.timing,
            listener: Some(listener),
            secret: Secret::new(kind.secret).unwrap(),
        };
        let hands = Hands {
            engine: node.engine(),
            write: node.held.clone(),
            relay: node.relay.clone(),
            project: node.project.clone(),
            notify: node.notify.clone(),
        };
        node.member = Some(Member::start(options, leases, hands, node._runtime.handle()).unwrap());
        node
    }

    /// An engine on the store, whose leases the test looks after.
    pub fn without_member(parts: Parts) -> Self {
        let mut options = engine::Options::new(Arc::new(Catalogue::built_in().unwrap()));
        options.clock = ClockMode::Manual(Some(at(DAY_ONE)));
        options.shared = Some(Shared { users: parts.users.clone(), held: parts.held.clone() });
        let running = start(parts.journal.clone(), parts.index.clone(), options).unwrap();
        Self {
            member: None,
            running,
            id: NodeId(Uuid::now_v7()),
            journal: parts.journal,
            _store: parts.store,
            held: parts.held,
            relay: Held::default(),
            project: Held::default(),
            notify: Held::default(),
            _runtime: tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
        }
    }

    pub fn engine(&self) -> Engine {
        self.running.engine()
    }

    pub fn member(&self) -> &Member {
        self.member.as_ref().unwrap()
    }

    pub fn decides(&self, shard: u16) -> bool {
        self.engine().decided_shards().contains(&shard)
    }

    pub fn submit(&self, order: Order) -> Result<Done, EngineError> {
        match self.engine().submit(order)?.wait()? {
            Reply::Done(done) => Ok(*done),
            other => panic!("something else was answered: {other:?}"),
        }
    }

    pub fn accept(&self, order: Order) -> Done {
        let done = self.submit(order).unwrap();
        assert!(done.outcome.is_ok() && !done.duplicate, "{done:?}");
        done
    }

    /// Ends without a word to the others.
    pub fn kill(self) {
        drop(self);
    }

    /// Ends in order.
    pub fn leave(mut self) {
        self.member.take().unwrap().leave().unwrap();
    }
}

/// Takes every write lease that is free, as a node without threads.
pub fn take_all(node: &Node, leases: &dyn Leases, time_to_live: Duration) {
    let me = journal::Node { id: node.id, address: String::new(), duties: vec![Duty::Write] };
    let roster = leases.renew(&me, time_to_live).unwrap();
    let taken: Vec<_> = roster
        .leases
        .iter()
        .filter(|lease| lease.task.duty == Duty::Write)
        .map(|lease| (lease.task.shard, leases.take(node.id, lease.task, lease.epoch).unwrap().unwrap()))
        .collect();
    node.engine().take_shards(&taken).unwrap();
}

/// Waits until something is so; how long that took.
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) -> Duration {
    within(LONG, what, is_so)
}

/// Waits until something is so, and fails if that takes longer.
pub fn within(limit: Duration, what: &str, is_so: impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        thread::sleep(Duration::from_millis(2));
    }
    began.elapsed()
}

/// Whether these nodes hold all shards of every duty, each one once and evenly.
pub fn are_balanced(nodes: &[&Node]) -> bool {
    let shards = |of: &dyn Fn(&Node) -> Vec<u16>| -> bool {
        let held: Vec<Vec<u16>> = nodes.iter().map(|node| of(node)).collect();
        let mut all: Vec<u16> = held.iter().flatten().copied().collect();
        all.sort_unstable();
        let loads = || held.iter().map(Vec::len);
        all == (0..nodes[0].journal.shard_count()).collect::<Vec<_>>()
            && loads().max().unwrap() - loads().min().unwrap() <= 1
    };
    shards(&|node| node.engine().decided_shards())
        && shards(&|node| node.held.shards())
        && shards(&|node| node.relay.shards())
        && shards(&|node| node.project.shards())
        && shards(&|node| node.notify.shards())
}

pub fn wait_until_balanced(nodes: &[&Node]) {
    wait_until("all shards are held evenly", || are_balanced(nodes));
}
