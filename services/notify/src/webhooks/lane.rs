//! One webhook's way through one shard: event after event, and the place is noted behind each.

use std::{
    sync::Arc,
    time::{Duration, Instant as Stopwatch},
};

use journal::{Head, Held, Journal, Stopping};
use metrics::{counter, histogram};

use super::{
    Aftermath, Failure, Lane, Webhook, WebhookPatience, WebhookState, WebhookStore,
    message::{Message, Source},
    poster::{PostError, Poster},
};
use crate::{NotifyError, follow::Stretch};

/// What posts the events of a lane.
pub(super) struct Courier {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) webhooks: Arc<dyn WebhookStore>,
    pub(super) tasks: Held,
    pub(super) poster: Poster,
    pub(super) source: Source,
    pub(super) patience: WebhookPatience,
}

impl Courier {
    /// Brings a lane forward by the next stretch of its shard, which ends at `end`, or until something fails.
    pub(super) fn serve(&self, lane: Lane, end: Head, stopping: &Stopping) -> Result<(), NotifyError> {
        // Between the look at it and now somebody else may have brought it forward, and is done.
        if !self.is_still_so(&lane)? {
            return Ok(());
        }
        let webhook = self.webhooks.one(lane.webhook)?.filter(|webhook| webhook.state == WebhookState::Enabled);
        let Some(webhook) = webhook else { return Ok(()) };
        if lane.at.commit_number > end.commit_number {
            let shard = end.shard;
            tracing::warn!(webhook = %webhook.id, shard, "the store was restored to an older state: goes on from its end");
            self.webhooks.moved(&lane, end)?;
            return Ok(());
        }
        match Stretch::after(&*self.journal, lane.at)? {
            Some(stretch) => self.post_all(&webhook, lane, &stretch, stopping),
            None => Ok(()),
        }
    }

    fn is_still_so(&self, lane: &Lane) -> Result<bool, NotifyError> {
        Ok(self.webhooks.lanes(Some(lane.webhook))?.iter().any(|state| state.lane == *lane))
    }

    fn post_all(
        &self,
        webhook: &Webhook,
        mut lane: Lane,
        stretch: &Stretch,
        stopping: &Stopping,
    ) -> Result<(), NotifyError> {
        let began_at = lane.at.position;
        let is_next = |position: u64| position > began_at;
        for (position, event) in stretch.events.iter().filter(|(position, _)| is_next(position.position)) {
            if !webhook.wants(event) {
                continue;
            }
            // An event that somebody else posts by now would come out of order.
            if stopping.is_asked() || !self.tasks.contains(position.shard) {
                return Ok(());
            }
            let message = Message::of_event(&self.source, *position, event)?;
            if let Err(error) = self.post(webhook, &message) {
                return self.after_failure(webhook, &lane, &error);
            }
            let to = Head { position: position.position, ..lane.at };
            if !self.webhooks.moved(&lane, to)? {
                return Ok(());
            }
            lane = Lane { at: to, attempts: 0, ..lane };
        }
        self.webhooks.moved(&lane, stretch.to)?;
        Ok(())
    }

    fn post(&self, webhook: &Webhook, message: &Message) -> Result<(), PostError> {
        let began = Stopwatch::now();
        let posted = self.poster.post(webhook, message);
        histogram!("usher_webhook_post_seconds").record(began.elapsed().as_secs_f64());
        match &posted {
            Ok(_) => counter!("usher_webhook_posts_total").increment(1),
            Err(error) => counter!("usher_webhook_failures_total", "kind" => error.kind()).increment(1),
        }
        posted.map(drop)
    }

    fn after_failure(&self, webhook: &Webhook, lane: &Lane, error: &PostError) -> Result<(), NotifyError> {
        let WebhookPatience { pauses, disable_after, .. } = self.patience;
        let asked_for = error.retry_after().unwrap_or_default().min(pauses.longest);
        let failure = Failure {
            problem: error.to_string(),
            after: pauses.spread_after(lane.attempts.saturating_add(1)).max(asked_for),
            disable_after: if error.is_gone() { Duration::ZERO } else { disable_after },
        };
        let (shard, position) = (lane.at.shard, lane.at.position);
        tracing::warn!(%error, webhook = %webhook.id, shard, position, pause = ?failure.after, "an event was not taken");
        if self.webhooks.failed(lane, &failure)? == Aftermath::Disabled {
            counter!("usher_webhooks_disabled_total").increment(1);
            tracing::error!(%error, webhook = %webhook.id, "a webhook is disabled: see usher webhooks list");
        }
        Ok(())
    }
}
