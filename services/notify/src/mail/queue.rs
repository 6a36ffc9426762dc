//! The port to the queue: which mails are to be sent, and how far the journal was looked at for them.

use std::time::Duration;

use journal::{Head, Position};
use licensing::Instant;
use uuid::Uuid;

use crate::NotifyError;

/// The most mails that one page of the list has.
pub const PAGE_MAX: usize = 1_000;

/// What is kept of mail. Time is that of whatever keeps it, so that no process compares its clock with another's.
pub trait MailQueue: Send + Sync {
    /// Notes that shards which were never looked at are looked at from these ends on: nobody is written to for what was
    /// before mail was first set up.
    fn begin(&self, ends: &[Head]) -> Result<(), NotifyError>;

    /// How far shards were looked at; those that never began are left out.
    fn positions(&self, shards: &[u16]) -> Result<Vec<Head>, NotifyError>;

    /// Takes in the mails that come of the commits between two ends of a shard, and notes that they were looked at, in one
    /// transaction. False, and nothing is done, if the shard is elsewhere than at `from`: somebody else went on with it.
    fn take_in(&self, from: Head, to: Head, mails: &[NewMail]) -> Result<bool, NotifyError>;

    /// The mail of these shards whose turn it is. Nobody else gets it for the time `held_for`.
    fn claim(&self, shards: &[u16], held_for: Duration) -> Result<Option<ClaimedMail>, NotifyError>;

    /// Notes what came of a mail that was claimed. Nothing happens if somebody else has it by now.
    fn settle(&self, claim: &Claim, settled: &Settled) -> Result<(), NotifyError>;

    /// A page of the mails that are not sent, in the order of their events' ids, which is the order of time.
    fn list(&self, query: &MailsQuery) -> Result<Vec<KeptMail>, NotifyError>;

    /// Has mails that were given up sent again, as if they were new: those with these ids, or all. Gives how many.
    fn retry(&self, which: &Which) -> Result<u64, NotifyError>;

    /// How many mails of these shards there are.
    fn count(&self, shards: &[u16]) -> Result<MailCounts, NotifyError>;
}

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    /// The event that gave the seat; also the mail's id.
    pub event: Uuid,
    /// Where the event lies.
    pub position: Position,
    /// Whose licence it is.
    pub licensee: String,
    /// Who was given the seat.
    pub user: String,
    /// Of which product.
    pub product: String,
    /// The effective add-on.
    pub add_on: String,
    /// When the seat was given.
    pub assigned_at: Instant,
}

/// A mail that one process sends now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMail {
    /// The mail.
    pub mail: NewMail,
    /// By what the process is known.
    pub claim: Claim,
    /// Whether it may have arrived already: the attempt before was never heard of again.
    pub is_in_doubt: bool,
}

/// The right to send a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Which mail.
    pub event: Uuid,
    /// How often it was tried, this time included. Whoever claims it later has a higher number.
    pub attempts: u32,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It is done with: sent, or not to be sent any more.
    Done,
    /// It is to be tried again.
    Again {
        /// After this time.
        after: Duration,
        /// What stood in the way, without anybody's address.
        problem: String,
    },
    /// It is given up, until somebody has it sent again.
    GivenUp {
        /// What stood in the way, without anybody's address.
        problem: String,
    },
}

/// What is to become of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// It is going to be sent.
    Waiting,
    /// It is not, unless somebody asks for it.
    GivenUp,
}

impl MailState {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::GivenUp => "given_up",
        }
    }

    /// The state of that word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::Waiting, Self::GivenUp].into_iter().find(|state| state.as_str() == word)
    }
}

/// Which mails are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailsQuery {
    /// Only those with an id above this one.
    pub after: Option<Uuid>,
    /// Only those in this state.
    pub state: Option<MailState>,
    /// How many at most; never more than [`PAGE_MAX`].
    pub limit: usize,
}

/// A mail that is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMail {
    /// The mail.
    pub mail: NewMail,
    /// What is to become of it.
    pub state: MailState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due_at: Instant,
    /// What came of the last attempt.
    pub problem: Option<String>,
}

/// Which of the mails that were given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// Those with these ids.
    These(Vec<Uuid>),
}

/// How many mails there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailCounts {
    /// To be sent.
    pub waiting: u64,
    /// Given up.
    pub given_up: u64,
}
