//! A store for several nodes within this process: it keeps epochs and leases as a database server does. For the tests of
//! whoever works on such a store; none of them needs all of it.
#![allow(dead_code)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant as Moment},
};

use journal::{
    Batch, Candidate, Duty, Epoch, EventReader, Head, Held, Journal, JournalError, Lease, Leases, LicenseeDetails,
    Node, NodeId, Person, Position, Roster, SharedUser, SharedUsers, StatusNews, StatusReason, StoredCommit,
    StreamIndex, Task, Watch, sqlite,
};
use licensing::{Instant, UserStatus};
use parking_lot::Mutex;
use tempfile::TempDir;

pub struct Memory {
    common: Arc<Common>,
    store: sqlite::SqliteStore,
    _folder: TempDir,
}

struct Common {
    inner: Arc<dyn Journal>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    epochs: BTreeMap<u16, Epoch>,
    statuses: BTreeMap<String, UserStatus>,
    enlisted: BTreeMap<String, BTreeSet<String>>,
    news: BTreeMap<(u16, u64), StatusNews>,
    nodes: BTreeMap<NodeId, (Node, Moment)>,
    leases: BTreeMap<Task, (Epoch, Option<NodeId>)>,
}

impl Memory {
    pub fn new(reader: EventReader) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = sqlite::SqliteStore::open(folder.path(), &sqlite::Options::new(reader)).unwrap();
        let mut state = State::default();
        for duty in Duty::ALL {
            let tasks = (0..store.journal().shard_count()).map(|shard| Task { duty: *duty, shard });
            state.leases.extend(tasks.map(|task| (task, (Epoch(0), None))));
        }
        let common = Arc::new(Common { inner: store.journal(), state: Mutex::new(state) });
        Self { common, store, _folder: folder }
    }
}

impl Memory {
    /// The store as another node sees it.
    pub fn node(&self) -> Arc<NodeStore> {
        Arc::new(NodeStore { common: self.common.clone(), held: Held::default() })
    }

    pub fn journal(&self) -> Arc<dyn Journal> {
        self.common.inner.clone()
    }

    pub fn index(&self) -> Arc<dyn StreamIndex> {
        self.store.index()
    }

    /// A new epoch of a shard, whoever holds it and whether that knows or not.
    pub fn next_epoch(&self, shard: u16) -> Epoch {
        let mut state = self.common.state.lock();
        let epoch = state.epochs.entry(shard).or_insert(Epoch(0));
        epoch.0 += 1;
        *epoch
    }

    /// How many news are not told everywhere.
    pub fn untold(&self) -> usize {
        self.common.state.lock().news.len()
    }
}

/// The store as one node sees it.
pub struct NodeStore {
    common: Arc<Common>,
    pub held: Held,
}

impl State {
    fn forget_the_dead(&mut self) {
        self.nodes.retain(|_, (_, alive_until)| Moment::now() < *alive_until);
    }

    fn alive(&self, holder: Option<NodeId>) -> Option<NodeId> {
        holder.filter(|holder| self.nodes.contains_key(holder))
    }
}

impl Leases for NodeStore {
    fn renew(&self, node: &Node, time_to_live: Duration) -> Result<Roster, JournalError> {
        let mut state = self.common.state.lock();
        state.nodes.insert(node.id, (node.clone(), Moment::now() + time_to_live));
        state.forget_the_dead();
        let lease = |(task, (epoch, holder)): (&Task, &(Epoch, Option<NodeId>))| Lease {
            task: *task,
            epoch: *epoch,
            holder: state.alive(*holder),
        };
        let leases = state.leases.iter().map(lease).collect();
        Ok(Roster { nodes: state.nodes.values().map(|(node, _)| node.clone()).collect(), leases })
    }

    fn take(&self, node: NodeId, task: Task, seen: Epoch) -> Result<Option<Epoch>, JournalError> {
        let mut state = self.common.state.lock();
        state.forget_the_dead();
        let (epoch, holder) = state.leases[&task];
        if epoch != seen || state.alive(holder).is_some() {
            return Ok(None);
        }
        let next = Epoch(epoch.0 + 1);
        state.leases.insert(task, (next, Some(node)));
        if task.duty == Duty::Write {
            state.epochs.insert(task.shard, next);
        }
        Ok(Some(next))
    }

    fn release(&self, node: NodeId, task: Task, epoch: Epoch) -> Result<(), JournalError> {
        let mut state = self.common.state.lock();
        if state.leases[&task] == (epoch, Some(node)) {
            state.leases.insert(task, (epoch, None));
        }
        Ok(())
    }

    fn leave(&self, node: NodeId) -> Result<(), JournalError> {
        let mut state = self.common.state.lock();
        state.nodes.remove(&node);
        state.leases.values_mut().filter(|(_, holder)| *holder == Some(node)).for_each(|(_, holder)| *holder = None);
        Ok(())
    }
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
            let epoch = self.held.epoch(commit.shard);
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
