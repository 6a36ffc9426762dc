//! A store in a PostgreSQL database that this process shares with others.

use std::{
    net::{SocketAddr, TcpListener},
    time::{Duration, Instant as Stopwatch},
};

use cluster::{Hands, Member, Secret, Timing};
use engine::Engine;
use journal::{
    Duty, Held, Leases, Node, NodeId,
    postgres::{Options, PostgresStore},
};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::NodeError;
use crate::config::ShardCount;

/// Threads for what nodes say to each other: it must not wait for the requests of callers.
const NODE_THREADS: usize = 2;
/// How long to wait until somebody decides about every shard: longer than the leases of nodes that died last.
const WRITERS_WAIT: Duration = Duration::from_secs(15);
/// How often it is looked whether somebody does.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// For how long a process that only asks who is there counts as there itself.
const ASKING_TIME: Duration = Duration::from_secs(1);

/// How this process takes part in the work on a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As a node that stays.
    Node(NodeOptions),
    /// As a command that is gone soon: of these duties it does those that no other process does meanwhile.
    Passing(&'static [Duty]),
}

/// How a node that stays takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeOptions {
    /// Where to take commands from other nodes.
    pub listen: SocketAddr,
    /// Where other nodes reach that; `None` if they do under the very address.
    pub address: Option<String>,
    /// What it does.
    pub duties: Vec<Duty>,
}

impl NodeOptions {
    /// Where commands are taken from other nodes unless something else is said: where nodes of this machine reach it.
    pub const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
}

/// How a store is opened, and made with this number of shards if it is new.
pub(super) fn options(shards: Option<ShardCount>) -> Options {
    let mut options = Options::new(engine::EVENT_READER);
    options.shards = shards.map_or(options.shards, |ShardCount(count)| count);
    options
}

/// This process among those on the database. Dropped, it hands over what it holds and leaves.
pub struct DatabaseNode {
    // In this order they go: the member's tasks run on the runtime.
    member: Option<Member>,
    _runtime: Runtime,
    me: NodeId,
    project: Held,
    relay: Held,
    notify: Held,
}

impl DatabaseNode {
    /// Joins the others.
    pub(super) fn join(store: &PostgresStore, engine: &Engine, part: &Part) -> Result<Self, NodeError> {
        let me = NodeId(Uuid::now_v7());
        let options = match part {
            Part::Node(options) => options.clone(),
            Part::Passing(duties) => NodeOptions {
                listen: NodeOptions::LISTEN,
                address: None,
                duties: done_by_nobody(&*store.leases(), duties)?,
            },
        };
        // A command that decides nothing is asked nothing.
        let is_asked = matches!(part, Part::Node(_)) || options.duties.contains(&Duty::Write);
        let (listener, address) = if is_asked { listen(&options)? } else { (None, String::new()) };
        let runtime = Builder::new_multi_thread()
            .worker_threads(NODE_THREADS)
            .thread_name("usher-node")
            .enable_all()
            .build()
            .map_err(NodeError::Runtime)?;
        let [project, relay, notify] = [(); 3].map(|()| Held::default());
        let hands = Hands {
            engine: engine.clone(),
            write: store.held(),
            relay: relay.clone(),
            project: project.clone(),
            notify: notify.clone(),
        };
        let member = Member::start(
            cluster::Options {
                node: Node { id: me, address, duties: options.duties },
                timing: Timing::default(),
                listener,
                secret: Secret::new(store.node_secret())?,
            },
            store.leases(),
            hands,
            runtime.handle(),
        )?;
        Ok(Self { member: Some(member), _runtime: runtime, me, project, relay, notify })
    }

    /// The shards whose read models this process keeps.
    pub(super) fn project(&self) -> Held {
        self.project.clone()
    }

    /// The shards whose events this process brings to Kafka.
    pub(super) fn relay(&self) -> Held {
        self.relay.clone()
    }

    /// The shards of which this process tells people and programs.
    pub(super) fn notify(&self) -> Held {
        self.notify.clone()
    }

    /// Tells where the node that decides a shard is reached, if that is another one.
    pub(super) fn owners(&self) -> Option<impl Fn(u16) -> Option<String> + Send + Sync + 'static> {
        self.member.as_ref().map(Member::owners)
    }

    /// Waits until somebody decides about every shard.
    pub(super) fn wait_for_writers(&self) -> Result<(), NodeError> {
        let Some(member) = &self.member else { return Ok(()) };
        let began = Stopwatch::now();
        loop {
            let roster = member.roster();
            let without = roster.leases.iter().filter(|lease| lease.task.duty == Duty::Write && lease.holder.is_none());
            match without.count() {
                0 => return Ok(()),
                shards if began.elapsed() > WRITERS_WAIT => return Err(NodeError::NoWriter { shards }),
                _ => std::thread::sleep(LOOK_EVERY),
            }
            member.refresh();
        }
    }

    /// Gives every shard to the other nodes, if there are any that can take them; they are told at once. Blocks.
    pub(super) fn hand_over(&self) {
        let Some(member) = &self.member else { return };
        let roster = member.roster();
        let is_another = |node: &Node| node.id != self.me && node.duties.contains(&Duty::Write);
        if roster.nodes.iter().any(is_another) {
            member.hand_over();
        }
    }
}

impl Drop for DatabaseNode {
    fn drop(&mut self) {
        let Some(member) = self.member.take() else { return };
        if let Err(error) = member.leave() {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "could not leave in order: the other nodes take over in a few seconds");
        }
    }
}

/// Those of the duties that no process does at the moment.
fn done_by_nobody(leases: &dyn Leases, duties: &[Duty]) -> Result<Vec<Duty>, NodeError> {
    let asking = Node { id: NodeId(Uuid::now_v7()), address: String::new(), duties: Vec::new() };
    let roster = leases.renew(&asking, ASKING_TIME).map_err(cluster::ClusterError::from)?;
    leases.leave(asking.id).map_err(cluster::ClusterError::from)?;
    let is_done = |duty: &Duty| roster.nodes.iter().any(|node| node.duties.contains(duty));
    Ok(duties.iter().copied().filter(|duty| !is_done(duty)).collect())
}

/// Where other nodes are answered, and the address that they learn.
fn listen(options: &NodeOptions) -> Result<(Option<TcpListener>, String), NodeError> {
    let in_listen = |source| NodeError::Listen { address: options.listen, source };
    let listener = TcpListener::bind(options.listen).map_err(in_listen)?;
    let own = listener.local_addr().map_err(in_listen)?;
    Ok((Some(listener), options.address.clone().unwrap_or_else(|| own.to_string())))
}
