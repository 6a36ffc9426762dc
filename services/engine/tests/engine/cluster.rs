//! Several engines on one store, as several nodes have them, within this process.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Weak},
};

use contract::incoming::from_json;
use engine::{ClockMode, Done, Engine, EngineError, Options, Order, Peers, Reply, ReplyTo, Running, Shared, start};
use journal::{
    Batch, Candidate, Epoch, Head, Held, Journal, JournalError, LicenseeDetails, Person, Position, SharedUser,
    SharedUsers, StatusNews, StatusReason, StoredCommit, Watch, sqlite,
};
use licensing::{Catalogue, Instant, UserStatus};
use parking_lot::Mutex;
use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{DAY_ONE, at};

/// What the nodes have in common: a store that keeps an epoch for each shard, as a database server does.
pub struct Common {
    inner: Arc<dyn Journal>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    epochs: BTreeMap<u16, u64>,
    statuses: BTreeMap<String, UserStatus>,
    enlisted: BTreeMap<String, BTreeSet<String>>,
    news: BTreeMap<(u16, u64), StatusNews>,
}

/// The store as one node sees it.
struct NodeStore {
    common: Arc<Common>,
    held: Held,
}

impl Journal for NodeStore {
    fn shard_count(&self) -> u16 {
        self.common.inner.shard_count()
    }

    fn heads(&self) -> Result<Vec<Head>, JournalError> {
        self.common.inner.heads()
    }

    fn clock(&self) -> Result<Option<Instant>, JournalError> {
        self.common.inner.clock()
    }

    fn append(&self, batch: &Batch) -> Result<(), JournalError> {
        let mut state = self.common.state.lock();
        for commit in &batch.commits {
            let epoch = self.held.epoch(commit.shard).map(|epoch| epoch.0);
            if epoch.is_none() || epoch != state.epochs.get(&commit.shard).copied() {
                return Err(JournalError::NotHeld { shard: commit.shard });
            }
        }
        self.common.inner.append(&Batch { news: Vec::new(), ..batch.clone() })?;
        for news in &batch.news {
            state.statuses.insert(news.user.clone(), news.status);
            state.news.insert((news.position.shard, news.position.position), news.clone());
        }
        Ok(())
    }

    fn read(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Result<Vec<StoredCommit>, JournalError> {
        self.common.inner.read(shard, after_commit, max_bytes)
    }

    fn watch(&self) -> Watch {
        self.common.inner.watch()
    }

    fn person(&self, user: &str) -> Result<Option<Person>, JournalError> {
        self.common.inner.person(user)
    }

    fn persons(&self, users: &[&str]) -> Result<Vec<Option<Person>>, JournalError> {
        self.common.inner.persons(users)
    }

    fn users_named(&self, username: &str) -> Result<Vec<String>, JournalError> {
        self.common.inner.users_named(username)
    }

    fn licensee_details(&self, licensee: &str) -> Result<Option<LicenseeDetails>, JournalError> {
        self.common.inner.licensee_details(licensee)
    }

    fn licensees_details(&self, licensees: &[&str]) -> Result<Vec<Option<LicenseeDetails>>, JournalError> {
        self.common.inner.licensees_details(licensees)
    }

    fn status_reasons(&self, user: &str) -> Result<Vec<StatusReason>, JournalError> {
        self.common.inner.status_reasons(user)
    }
}

impl SharedUsers for NodeStore {
    fn enlist(&self, candidates: &[Candidate<'_>]) -> Result<Vec<SharedUser>, JournalError> {
        let mut state = self.common.state.lock();
        for candidate in candidates {
            let of_user = state.enlisted.entry(candidate.user.to_owned()).or_default();
            of_user.insert(candidate.licensee.to_owned());
        }
        let known = |candidate: &Candidate<'_>| {
            let status = state.statuses.get(candidate.user).copied().unwrap_or(UserStatus::Active);
            Ok(SharedUser { status, person: self.common.inner.person(candidate.user)? })
        };
        candidates.iter().map(known).collect()
    }

    fn enlisted(&self, users: &[&str]) -> Result<Vec<Vec<String>>, JournalError> {
        let state = self.common.state.lock();
        let of_user = |user: &&str| state.enlisted.get(*user).into_iter().flatten().cloned().collect();
        Ok(users.iter().map(of_user).collect())
    }

    fn untold(&self, shard: u16, limit: usize) -> Result<Vec<StatusNews>, JournalError> {
        let state = self.common.state.lock();
        Ok(state.news.range((shard, 0)..=(shard, u64::MAX)).map(|(_, news)| news.clone()).take(limit).collect())
    }

    fn told(&self, news: &[Position]) -> Result<(), JournalError> {
        let mut state = self.common.state.lock();
        news.iter().for_each(|position| drop(state.news.remove(&(position.shard, position.position))));
        Ok(())
    }
}

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
    pub common: Arc<Common>,
    store: sqlite::SqliteStore,
    _folder: TempDir,
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
        let folder = tempfile::tempdir().unwrap();
        let store = sqlite::SqliteStore::open(folder.path(), &sqlite::Options::new(engine::membership_of)).unwrap();
        let common = Arc::new(Common { inner: store.journal(), state: Mutex::default() });
        let direct = Arc::new(Direct { engines: Mutex::default() });
        let mut cluster = Self { nodes: Vec::new(), common, store, _folder: folder };
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
        let held = Held::default();
        let store = Arc::new(NodeStore { common: self.common.clone(), held: held.clone() });
        let mut options = Options::new(Arc::new(Catalogue::built_in().unwrap()));
        options.clock = ClockMode::Manual(Some(at(DAY_ONE)));
        options.shared = Some(Shared { users: store.clone(), held: held.clone() });
        Node { running: start(store, self.store.index(), options).unwrap(), held }
    }

    pub fn shards(&self) -> u16 {
        self.common.inner.shard_count()
    }

    /// Gives a shard to a node, whoever held it before and whether that knows or not.
    pub fn give(&self, shard: u16, node: usize) {
        let epoch = {
            let mut state = self.common.state.lock();
            let epoch = state.epochs.entry(shard).or_default();
            *epoch += 1;
            Epoch(*epoch)
        };
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
        self.common.state.lock().news.len()
    }

    pub fn journal(&self) -> Arc<dyn Journal> {
        self.common.inner.clone()
    }

    pub fn advance(&self, node: usize, to: &str) {
        self.engine(node).try_advance_clock(at(to)).unwrap().wait().unwrap().unwrap();
    }

    pub fn reply(&self, node: usize, order: Order) -> Result<Reply, EngineError> {
        self.engine(node).submit(order)?.wait()
    }
}
