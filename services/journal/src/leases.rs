//! Who does what among several processes on one store.

use std::{fmt, str::FromStr, time::Duration};

use uuid::Uuid;

use crate::{Epoch, JournalError};

/// The leases of a store. Time is the database server's alone: no process compares its clock with another's.
pub trait Leases: Send + Sync {
    /// Tells that `node` is alive for `time_to_live` from now, and gives who else is, and who holds what.
    fn renew(&self, node: &Node, time_to_live: Duration) -> Result<Roster, JournalError>;

    /// Takes a lease that nobody alive holds, if it still has the epoch `seen`; gives the next epoch, `None` if somebody
    /// was faster. From then on whoever held it before writes nothing more under it.
    fn take(&self, node: NodeId, task: Task, seen: Epoch) -> Result<Option<Epoch>, JournalError>;

    /// Gives a lease back, unless it has passed on already.
    fn release(&self, node: NodeId, task: Task, epoch: Epoch) -> Result<(), JournalError>;

    /// Gives everything back and takes `node` off the roster.
    fn leave(&self, node: NodeId) -> Result<(), JournalError>;
}

/// A process among those on a store; another one after each start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub Uuid);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A process and where others reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Which.
    pub id: NodeId,
    /// Host and port on which it takes commands from other nodes; empty if it takes none.
    pub address: String,
    /// What kind of tasks it does.
    pub duties: Vec<Duty>,
}

/// A kind of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duty {
    /// Deciding and writing.
    Write,
    /// Bringing events to the broker.
    Relay,
    /// Keeping the read models.
    Project,
    /// Telling people and programs what happened.
    Notify,
}

impl Duty {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Write, Self::Relay, Self::Project, Self::Notify];

    /// The word for it in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Relay => "relay",
            Self::Project => "project",
            Self::Notify => "notify",
        }
    }
}

impl FromStr for Duty {
    type Err = UnknownTask;

    fn from_str(text: &str) -> Result<Self, UnknownTask> {
        let found = Self::ALL.iter().find(|duty| duty.as_str() == text);
        found.copied().ok_or_else(|| UnknownTask(text.to_owned()))
    }
}

/// What one node does at a time: a duty for a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Task {
    /// What.
    pub duty: Duty,
    /// For which shard.
    pub shard: u16,
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.duty.as_str(), self.shard)
    }
}

impl FromStr for Task {
    type Err = UnknownTask;

    fn from_str(text: &str) -> Result<Self, UnknownTask> {
        let unknown = || UnknownTask(text.to_owned());
        let (duty, shard) = text.split_once('/').ok_or_else(unknown)?;
        Ok(Self { duty: duty.parse()?, shard: shard.parse().map_err(|_| unknown())? })
    }
}

/// A text that names no task, as a newer program may write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no task {0:?}: upgrade usher")]
pub struct UnknownTask(String);

/// Who is there, and who does what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// The nodes that are alive, by id.
    pub nodes: Vec<Node>,
    /// Every task of the store, in order.
    pub leases: Vec<Lease>,
}

/// Who does a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Which task.
    pub task: Task,
    /// Goes up whenever it changes hands.
    pub epoch: Epoch,
    /// Who holds it; `None` if nobody alive does.
    pub holder: Option<NodeId>,
}
