//! How webhooks do, as metrics.

use std::collections::BTreeMap;

use journal::{Journal, with_causes};
use metrics::gauge;

use super::{WebhookState, WebhookStore};
use crate::NotifyError;

/// How webhooks do.
struct Counts {
    enabled: usize,
    disabled: usize,
    /// Lanes of these shards whose next event failed.
    failing: usize,
    /// How many records the last one that is enabled is behind.
    behind: u64,
}

/// Sets the gauges of a process that posts the events of these shards.
#[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub(super) fn set(webhooks: &dyn WebhookStore, journal: &dyn Journal, shards: &[u16]) {
    match count(webhooks, journal, shards) {
        Ok(Counts { enabled, disabled, failing, behind }) => {
            gauge!("usher_webhooks", "state" => "enabled").set(enabled as f64);
            gauge!("usher_webhooks", "state" => "disabled").set(disabled as f64);
            gauge!("usher_webhook_lanes_failing").set(failing as f64);
            gauge!("usher_webhook_records_behind").set(behind as f64);
        }
        Err(error) => tracing::debug!(error = with_causes(&error), "the webhooks could not be counted"),
    }
}

fn count(webhooks: &dyn WebhookStore, journal: &dyn Journal, shards: &[u16]) -> Result<Counts, NotifyError> {
    let states: BTreeMap<_, _> = webhooks.all()?.into_iter().map(|webhook| (webhook.id, webhook.state)).collect();
    let enabled = states.values().filter(|state| **state == WebhookState::Enabled).count();
    let mut counts = Counts { enabled, disabled: states.len() - enabled, failing: 0, behind: 0 };
    if states.is_empty() {
        return Ok(counts);
    }
    let ends: BTreeMap<u16, u64> = journal.heads()?.into_iter().map(|end| (end.shard, end.position)).collect();
    let is_ours = |shard: &u16| shards.contains(shard);
    for state in webhooks.lanes(None)? {
        let lane = state.lane;
        if !is_ours(&lane.at.shard) || states.get(&lane.webhook) != Some(&WebhookState::Enabled) {
            continue;
        }
        counts.failing += usize::from(lane.attempts > 0);
        let end = ends.get(&lane.at.shard).copied().unwrap_or_default();
        counts.behind = counts.behind.max(end.saturating_sub(lane.at.position));
    }
    Ok(counts)
}
