//! The port to what is kept of webhooks: who is registered, and how far each is.

use std::time::Duration;

use contract::proto::journal::Event;
use journal::Head;
use licensing::{Instant, LicenseeId};
use uuid::Uuid;

use super::{Address, SigningSecret};
use crate::NotifyError;

/// How many webhooks a store has at most.
pub const WEBHOOKS_MAX: usize = 100;

/// What is kept of webhooks. Time is that of whatever keeps it, so that no process compares its clock with another's.
pub trait WebhookStore: Send + Sync {
    /// Registers a webhook that begins behind these places, one for each shard that it follows.
    fn add(&self, webhook: &NewWebhook, places: &[Head]) -> Result<Added, NotifyError>;

    /// All of them, oldest first.
    fn all(&self) -> Result<Vec<Webhook>, NotifyError>;

    /// One of them.
    fn one(&self, id: Uuid) -> Result<Option<Webhook>, NotifyError>;

    /// How far they are, or one of them: by webhook and shard.
    fn lanes(&self, id: Option<Uuid>) -> Result<Vec<LaneState>, NotifyError>;

    /// Removes one; false if there is none.
    fn remove(&self, id: Uuid) -> Result<bool, NotifyError>;

    /// Enables one that may have been disabled, and has it tried at once, as if nothing had failed; false if there is none.
    fn enable(&self, id: Uuid) -> Result<bool, NotifyError>;

    /// Gives one another secret; it is also signed with the one before for this long. False if there is none.
    fn rotate(&self, id: Uuid, secret: &SigningSecret, old_valid_for: Duration) -> Result<bool, NotifyError>;

    /// Moves one to these places, in the shards that they are of, as if nothing had failed there; false if there is none.
    fn move_to(&self, id: Uuid, places: &[Head]) -> Result<bool, NotifyError>;

    /// The lanes of these shards whose turn it is, of webhooks that are enabled; whichever waited longest comes first.
    fn due(&self, shards: &[u16]) -> Result<Vec<Lane>, NotifyError>;

    /// Notes that a lane got to this place. False, and nothing is done, if it is elsewhere by now, or its webhook is disabled
    /// or gone.
    fn moved(&self, lane: &Lane, to: Head) -> Result<bool, NotifyError>;

    /// Notes that the next event of a lane could not be posted.
    fn failed(&self, lane: &Lane, failure: &Failure) -> Result<Aftermath, NotifyError>;
}

/// A webhook to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Its id.
    pub id: Uuid,
    /// Where to post to.
    pub address: Address,
    /// Whose events; `None` for everybody's.
    pub licensee: Option<LicenseeId>,
    /// Short names of the types of events; empty for all.
    pub types: Vec<String>,
    /// What is signed with.
    pub secret: SigningSecret,
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there now.
    New,
    /// One of this id was there before, and is as it was.
    Before,
    /// There are as many as there may be.
    Full,
}

/// A webhook as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: Uuid,
    /// Where is posted to: an [`Address`] when it was registered.
    pub url: String,
    /// Whose events; `None` for everybody's.
    pub licensee: Option<String>,
    /// Short names of the types of events; empty for all.
    pub types: Vec<String>,
    /// What is signed with.
    pub secret: SigningSecret,
    /// What is signed with too.
    pub old_secret: Option<OldSecret>,
    /// Whether events are posted.
    pub state: WebhookState,
    /// When it was registered.
    pub created_at: Instant,
    /// When it was disabled, if it is.
    pub disabled_at: Option<Instant>,
    /// What came of the last attempt that failed.
    pub problem: Option<String>,
    /// When that was.
    pub failed_at: Option<Instant>,
}

impl Webhook {
    /// Whether an event is posted to it.
    pub(super) fn wants(&self, event: &Event) -> bool {
        let stream = event.stream.strip_prefix("licensee/");
        let is_of_whom = self.licensee.is_none() || stream == self.licensee.as_deref();
        let short = event.r#type.rsplit('.').next().unwrap_or_default();
        is_of_whom && (self.types.is_empty() || self.types.iter().any(|name| name == short))
    }
}

/// The secret before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldSecret {
    /// It.
    pub secret: SigningSecret,
    /// Until when is signed with it.
    pub until: Instant,
}

/// Whether events are posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookState {
    /// They are.
    Enabled,
    /// They are not, until somebody enables it: it failed for too long, or the other side said that it is gone.
    Disabled,
}

impl WebhookState {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// The state of that word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled].into_iter().find(|state| state.as_str() == word)
    }
}

/// The way of one webhook through one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane {
    /// Whose.
    pub webhook: Uuid,
    /// The last commit that is done with, and the last position that is: it may lie in the commit behind.
    pub at: Head,
    /// How often the event behind that failed.
    pub attempts: u32,
}

/// A lane, and how it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneState {
    /// It.
    pub lane: Lane,
    /// Since when its next event fails, if it does.
    pub failing_since: Option<Instant>,
    /// When that is tried next, if it fails.
    pub due_at: Instant,
}

/// What came of an attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What stood in the way, without anything that the other side wrote.
    pub problem: String,
    /// When to try again.
    pub after: Duration,
    /// If it failed for this long, the webhook is disabled.
    pub disable_after: Duration,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aftermath {
    /// It is tried again.
    Again,
    /// The webhook is disabled now.
    Disabled,
    /// Nothing: the lane is elsewhere by now, or its webhook is disabled or gone.
    Elsewhere,
}

/// The types as they are kept.
pub(crate) fn types_text(types: &[String]) -> String {
    types.join(",")
}

/// And read again.
pub(crate) fn types_of(text: &str) -> Vec<String> {
    text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
