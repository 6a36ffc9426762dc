//! What the engine is asked to do, in the form in which it can also travel to another node.

use contract::incoming::{Incoming, Request};
use licensing::{Command, Instant, LicenseeId, UserId, UserStatus};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::{Call, Claim, ClockRefused, Done, EngineError, Moved, Preview};

/// Who sent a message whose `source` can't be read.
pub(crate) const UNKNOWN_ACTOR: &str = "unknown";

/// Something to be decided.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// A message from outside.
    Message(Box<Incoming>),
    /// A command that somebody waits for.
    Call(Box<Call>),
    /// A key to be taken.
    Claim(Box<Claim>),
    /// A user's new status, to be told to a licensee.
    News(Box<News>),
    /// A manual clock to be moved.
    AdvanceClock(Instant),
    /// What an order would do (R37).
    Preview(Box<Order>),
    /// An order that is only to be decided if what it is for, licensee or user, has this version.
    IfVersion {
        /// The version.
        version: u64,
        /// The order.
        order: Box<Order>,
    },
}

/// A user's new status, on its way from the user's shard to that of a licensee (R26).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// Who is to take note.
    pub licensee: LicenseeId,
    /// Whose status it is.
    pub user: UserId,
    /// The status from then on.
    pub status: UserStatus,
    /// The version of the user's stream with the change: with the user and the licensee it makes the command's id.
    pub version: u64,
    /// The command that changed it: it causes what follows here too.
    pub command_id: String,
    /// Who gave that.
    pub actor: String,
    /// When it took effect for the user.
    pub effective_at: Instant,
}

impl News {
    /// The id under which the licensee keeps that it took note, so that it does so once.
    pub(crate) fn own_id(&self) -> String {
        format!("news:{}:{}:{}", self.user, self.version, self.licensee)
    }
}

/// The answer to an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// What became of it.
    Done(Box<Done>),
    /// Whether the clock was moved.
    Moved(Result<Moved, ClockRefused>),
    /// What it would do.
    Previewed(Box<Preview>),
    /// Nothing was done, as what it is for has another version than was named.
    OtherVersion {
        /// The version that it has.
        found: u64,
    },
}

/// Where the answer to an order goes.
pub type ReplyTo = oneshot::Sender<Result<Reply, EngineError>>;

/// The way to the engines of other nodes. None of this waits: whatever is wrong is said in the answer.
pub trait Peers: Send + Sync {
    /// Hands an order to the node that holds `shard`, behind every order for that shard before it.
    fn send(&self, shard: u16, order: Order, reply: ReplyTo);

    /// Moves the clocks of all nodes, this one's too.
    fn advance_clocks(&self, to: Instant, reply: ReplyTo);
}

impl Order {
    /// The id whose shard decides it; `None` for what concerns every node.
    pub fn home(&self) -> Option<String> {
        match self {
            Self::Message(incoming) => Some(home_of(incoming).to_owned()),
            Self::Call(call) => Some(call.licensee.as_str().to_owned()),
            Self::Claim(claim) => Some(claim.key.command_id()),
            Self::News(news) => Some(news.licensee.as_str().to_owned()),
            Self::AdvanceClock(_) => None,
            Self::Preview(order) | Self::IfVersion { order, .. } => order.home(),
        }
    }

    /// Whom it would make a member of what.
    pub(crate) fn candidate(&self) -> Option<(&UserId, &LicenseeId)> {
        match self {
            Self::Message(incoming) => match &incoming.request {
                Ok(Request::Licensee { licensee, command: Command::AddMember { user, .. }, .. }) => {
                    Some((user, licensee))
                }
                _ => None,
            },
            Self::Call(call) => match &call.command {
                Command::AddMember { user, .. } => Some((user, &call.licensee)),
                _ => None,
            },
            Self::IfVersion { order, .. } => order.candidate(),
            // A preview makes nobody a member.
            Self::Claim(_) | Self::News(_) | Self::AdvanceClock(_) | Self::Preview(_) => None,
        }
    }

    /// The id under which its outcome may be kept already.
    pub(crate) fn command_id(&self) -> Option<String> {
        match self {
            Self::Message(incoming) => incoming.key.as_ref().map(contract::incoming::MessageKey::command_id),
            Self::Call(call) => call.key.as_ref().map(crate::IdempotencyKey::command_id),
            Self::Claim(claim) => Some(claim.key.command_id()),
            Self::News(news) => Some(news.own_id()),
            Self::AdvanceClock(_) => None,
            Self::Preview(order) | Self::IfVersion { order, .. } => order.command_id(),
        }
    }
}

/// The id whose shard keeps the outcome of a message: that of the licensee or the user that it is for; of one that can't
/// be read, the licensee that it names, or whoever sent it.
pub fn home_of(incoming: &Incoming) -> &str {
    match &incoming.request {
        Ok(Request::Licensee { licensee, .. }) => licensee.as_str(),
        Ok(Request::UserStatus { user, .. } | Request::Usage { user, .. }) => user.as_str(),
        Err(_) => incoming.named_licensee.as_ref().map_or_else(|| actor_of(incoming), LicenseeId::as_str),
    }
}

/// Who sent a message (R36).
pub(crate) fn actor_of(incoming: &Incoming) -> &str {
    incoming.key.as_ref().map_or(UNKNOWN_ACTOR, contract::incoming::MessageKey::source)
}
