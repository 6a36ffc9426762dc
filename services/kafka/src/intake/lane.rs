//! One shard's way from the topics to the sink.

use std::{collections::VecDeque, mem, sync::Arc, time::Duration};

use contract::incoming::Incoming;
use journal::Stopping;
use metrics::counter;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{
    assigned::{Assigned, Claim},
    dead_letters::{DeadLetter, DeadLetters},
    received::Received,
    sink::{Outcome, Sink, SinkError},
};
use crate::pause::Pause;

/// The most messages of one batch.
const BATCH_MESSAGES_MAX: usize = 1_000;

/// The most bytes of one batch, unless its first message has more.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The longest pause before messages are handed in again: an owner of the shard is found within seconds.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(2);

/// A message on its way.
pub(super) struct Item {
    pub(super) claim: Claim,
    pub(super) received: Received,
    /// What it says; taken when it is handed in, and read anew when it is again.
    pub(super) incoming: Option<Incoming>,
}

/// Hands the messages of one shard in, one batch after another: so none overtakes another.
pub(super) struct Lane {
    pub(super) shard: u16,
    pub(super) sink: Arc<dyn Sink>,
    pub(super) assigned: Arc<Assigned>,
    pub(super) dead_letters: Arc<DeadLetters>,
    pub(super) stopping: Stopping,
    /// Without a bound of its own: what may be taken is bounded by [`Assigned`].
    pub(super) queue: UnboundedReceiver<Item>,
}

impl Lane {
    /// Runs until nothing more can come, or the intake stops.
    pub(super) async fn run(mut self) {
        let mut waiting = VecDeque::new();
        let mut arrived = Vec::new();
        while !self.stopping.is_asked() {
            if waiting.is_empty() && self.queue.recv_many(&mut arrived, BATCH_MESSAGES_MAX).await == 0 {
                return;
            }
            waiting.extend(arrived.drain(..));
            while waiting.len() < BATCH_MESSAGES_MAX
                && let Ok(item) = self.queue.try_recv()
            {
                waiting.push_back(item);
            }
            let batch = next_batch(&mut waiting);
            self.settle(batch).await;
        }
    }

    /// Sees to it that every message of a batch is done, or its partition no longer ours.
    async fn settle(&self, mut batch: VecDeque<Item>) {
        let mut pause = Pause::new();
        while !self.stopping.is_asked() {
            batch.retain(|item| self.assigned.begin(&item.claim));
            if batch.is_empty() {
                return;
            }
            let messages = batch.len();
            let attempt = self.hand_in(&mut batch).await;
            batch.iter().for_each(|item| self.assigned.give_up(&item.claim));
            let Err(SinkError::Retry { reason }) = attempt else { continue };
            if batch.len() < messages {
                pause.reset();
            }
            counter!("usher_intake_retries_total").increment(1);
            tracing::debug!(shard = self.shard, messages = batch.len(), reason, "messages are handed in again");
            tokio::time::sleep(pause.after_failure().min(RETRY_PAUSE_MAX)).await;
        }
    }

    /// Hands a batch in once; what is done is taken off it. Fails with the error of the first message that has one.
    async fn hand_in(&self, batch: &mut VecDeque<Item>) -> Result<(), SinkError> {
        let messages = batch.iter_mut().map(|item| item.incoming.take().unwrap_or_else(|| item.received.decode()));
        let mut answers = self.sink.submit(self.shard, messages.collect()).await.into_iter();
        let missing = || Err(SinkError::Retry { reason: "there is no answer".to_owned() });
        let mut done = Vec::with_capacity(batch.len());
        let mut result = Ok(());
        for item in mem::take(batch) {
            match answers.next().unwrap_or_else(missing) {
                Ok(outcome) => done.push((item, outcome)),
                Err(error) => {
                    result = result.and(Err(error));
                    batch.push_back(item);
                }
            }
        }
        self.finish(&done).await;
        result
    }

    /// Sends dead letters for what was refused, and notes that all of it is done.
    async fn finish(&self, done: &[(Item, Outcome)]) {
        let letters: Vec<DeadLetter<'_>> = done
            .iter()
            .filter_map(|(item, outcome)| {
                Some(DeadLetter { received: &item.received, refusal: outcome.refusal.as_ref()? })
            })
            .collect();
        let are_sent = self.dead_letters.send(&letters, &self.stopping).await;
        for (item, outcome) in done {
            if !are_sent {
                self.assigned.give_up(&item.claim);
                continue;
            }
            self.assigned.finish(&item.claim);
            let labels = [("topic", item.received.topic), ("outcome", word(outcome))];
            counter!("usher_intake_messages_total", &labels).increment(1);
        }
    }
}

/// The outcome's word in metrics.
const fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome { duplicate: true, .. } => "duplicate",
        Outcome { refusal: Some(_), .. } => "refused",
        Outcome { refusal: None, .. } => "accepted",
    }
}

/// Takes a batch off what waits: as much as fits, at least one message.
fn next_batch(waiting: &mut VecDeque<Item>) -> VecDeque<Item> {
    let mut bytes = 0;
    let fits = |item: &&Item| {
        let is_first = bytes == 0;
        bytes += item.received.size();
        is_first || bytes <= BATCH_BYTES_MAX
    };
    let messages = waiting.iter().take(BATCH_MESSAGES_MAX).take_while(fits).count();
    waiting.drain(..messages).collect()
}
