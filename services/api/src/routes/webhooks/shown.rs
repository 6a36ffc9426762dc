//! Webhooks as they are shown. Nobody is shown a secret but whoever has it made.

use journal::Positions;
use licensing::Instant;
use notify::webhooks::{LaneState, Tested, Webhook, WebhookState};
use serde::Serialize;
use utoipa::ToSchema;

/// An address that events are posted to, and how that goes.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct ShownWebhook {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Where is posted to.
    url: String,
    /// Whose events; null for everybody's.
    licensee: Option<String>,
    /// Short names of the types of events; empty for all.
    types: Vec<String>,
    /// Whether events are posted.
    #[schema(value_type = State)]
    state: &'static str,
    /// Up to where they were taken, in each shard that they come from.
    position: String,
    /// Since when the next event of some shard fails; null if none does.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Instant>,
    /// How often it failed.
    attempts: u32,
    /// When it is tried next; null if nothing fails, or nothing is posted.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Instant>,
    /// What came of the last attempt that failed.
    last_problem: Option<String>,
    /// When that was.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_failed_at: Option<Instant>,
    /// Until when is signed with the secret before, too.
    #[schema(value_type = Option<String>, format = DateTime)]
    old_secret_until: Option<Instant>,
    /// When it was registered.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it was disabled.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Instant>,
}

/// Whether events are posted.
#[derive(ToSchema)]
#[schema(as = WebhookState, rename_all = "snake_case")]
#[allow(dead_code, reason = "it only describes")]
pub(crate) enum State {
    /// They are.
    Enabled,
    /// They are not, until somebody enables it.
    Disabled,
}

/// A webhook and its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookWithSecret {
    /// It.
    webhook: ShownWebhook,
    /// What events are signed with.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: String,
}

/// Whether a webhook was removed.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookRemoved {
    /// False where there was none.
    pub(super) removed: bool,
}

/// What became of a message that says nothing.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookTested {
    /// The `webhook-id` that it bore.
    id: String,
    /// Whether it was taken.
    delivered: bool,
    /// What stood in the way.
    problem: Option<String>,
}

impl ShownWebhook {
    pub(super) fn of(webhook: Webhook, lanes: &[LaneState]) -> Self {
        let failing = lanes.iter().filter(|state| state.lane.attempts > 0);
        let is_enabled = webhook.state == WebhookState::Enabled;
        Self {
            id: webhook.id.to_string(),
            url: webhook.url,
            licensee: webhook.licensee,
            types: webhook.types,
            state: webhook.state.as_str(),
            position: lanes.iter().map(|state| state.lane.at).collect::<Positions>().to_string(),
            failing_since: failing.clone().filter_map(|state| state.failing_since).min(),
            attempts: failing.clone().map(|state| state.lane.attempts).max().unwrap_or_default(),
            next_attempt_at: failing.map(|state| state.due_at).min().filter(|_| is_enabled),
            last_problem: webhook.problem,
            last_failed_at: webhook.failed_at,
            old_secret_until: webhook.old_secret.map(|old| old.until),
            created_at: webhook.created_at,
            disabled_at: webhook.disabled_at,
        }
    }
}

impl WebhookWithSecret {
    pub(super) fn of(webhook: Webhook, lanes: &[LaneState]) -> Self {
        let secret = webhook.secret.reveal().to_owned();
        Self { webhook: ShownWebhook::of(webhook, lanes), secret }
    }
}

impl From<Tested> for WebhookTested {
    fn from(Tested { id, problem }: Tested) -> Self {
        Self { id, delivered: problem.is_none(), problem }
    }
}
