//! Several engines on one store, as several nodes have them, within this process.

use std::sync::{Arc, Weak};

use contract::incoming::from_json;
use engine::{ClockMode, Done, Engine, EngineError, Options, Order, Peers, Reply, ReplyTo, Running, Shared, start};
use journal::{Held, Journal};
use licensing::{Catalogue, Instant};
use parking_lot::Mutex;
use serde_json::Value;

use crate::{
    fixture::{DAY_ONE, at},
    several::Memory,
};

/// A node.
pub struct Node {
    running: Running,
    held: Held,
}

impl Node {
    pub fn engine(&self) -> Engine {
        self.running.engine()
    }
}

/// Nodes that reach one another.
pub struct Cluster {
    // In this order they are dropped.
    nodes: Vec<Node>,
    store: Memory,
}

/// The way to the other nodes, without a network between.
struct Direct {
    engines: Mutex<Vec<Engine>>,
}

struct Reach(Weak<Direct>);

impl Peers for Reach {
    fn send(&self, shard: u16, order: Order, reply: ReplyTo) {
        let holder = self.0.upgrade().and_then(|direct| {
            let engines = direct.engines.lock();
            engines.iter().find(|engine| engine.decided_shards().contains(&shard)).cloned()
        });
        let Some(engine) = holder else { return drop(reply.send(Err(EngineError::NoHolder { shard }))) };
        match engine.submit_here(order) {
            // Whoever waits is another thread's concern.
            Ok(ticket) => drop(std::thread::spawn(move || reply.send(ticket.wait()))),
            Err(error) => drop(reply.send(Err(error))),
        }
    }

    fn advance_clocks(&self, to: Instant, reply: ReplyTo) {
        let engines = self.0.upgrade().map(|direct| direct.engines.lock().clone()).unwrap_or_default();
        let tickets: Vec<_> =
            engines.iter().map(|engine| engine.submit_here(Order::AdvanceClock(to)).unwrap()).collect();
        std::thread::spawn(move || {
            let last = tickets.into_iter().map(|ticket| ticket.wait().unwrap()).last().unwrap();
            reply.send(Ok(last))
        });
    }
}

impl Cluster {
    /// Nodes whose clocks stand at [`DAY_ONE`]; shards are dealt out in turn.
    pub fn of(count: usize) -> (Self, Arc<impl Sized>) {
        let direct = Arc::new(Direct { engines: Mutex::default() });
        let mut cluster = Self { nodes: Vec::new(), store: Memory::new(engine::EVENT_READER) };
        for _ in 0..count {
            let node = cluster.start_node();
            node.engine().connect(Arc::new(Reach(Arc::downgrade(&direct))));
            direct.engines.lock().push(node.engine());
            cluster.nodes.push(node);
        }
        for shard in 0..cluster.shards() {
            cluster.give(shard, usize::from(shard) % count);
        }
        (cluster, direct)
    }

    fn start_node(&self) -> Node {
        let store = self.store.node();
        let held = store.held.clone();
        let mut options = Options::new(Arc::new(Catalogue::built_in().unwrap()));
        options.clock = ClockMode::Manual(Some(at(DAY_ONE)));
        options.shared = Some(Shared { users: store.clone(), held: held.clone() });
        Node { running: start(store, self.store.index(), options).unwrap(), held }
    }

    pub fn shards(&self) -> u16 {
        self.store.journal().shard_count()
    }

    /// Gives a shard to a node, whoever held it before and whether that knows or not.
    pub fn give(&self, shard: u16, node: usize) {
        let epoch = self.store.next_epoch(shard);
        self.nodes[node].engine().take_shards(&[(shard, epoch)]).unwrap();
    }

    /// Moves a shard in order.
    pub fn hand_over(&self, shard: u16, from: usize, to: usize) {
        self.nodes[from].engine().let_go_of_shards(&[shard]).unwrap();
        assert!(!self.nodes[from].held.contains(shard));
        self.give(shard, to);
    }

    pub fn engine(&self, node: usize) -> Engine {
        self.nodes[node].engine()
    }

    pub fn holder(&self, id: &str) -> usize {
        let shard = journal::shard_of(id, self.shards());
        self.nodes.iter().position(|node| node.engine().decided_shards().contains(&shard)).unwrap()
    }

    /// Sends a message to a node and waits for what becomes of it.
    pub fn send(&self, node: usize, message: &Value) -> Result<Done, EngineError> {
        self.engine(node).try_message(from_json(message.to_string().as_bytes()))?.wait()
    }

    pub fn accept(&self, node: usize, message: &Value) -> Done {
        let done = self.send(node, message).unwrap();
        assert!(done.outcome.is_ok() && !done.duplicate, "{done:?}");
        done
    }

    pub fn untold(&self) -> usize {
        self.store.untold()
    }

    pub fn journal(&self) -> Arc<dyn Journal> {
        self.store.journal()
    }

    pub fn advance(&self, node: usize, to: &str) {
        self.engine(node).try_advance_clock(at(to)).unwrap().wait().unwrap().unwrap();
    }

    pub fn reply(&self, node: usize, order: Order) -> Result<Reply, EngineError> {
        self.engine(node).submit(order)?.wait()
    }
}
