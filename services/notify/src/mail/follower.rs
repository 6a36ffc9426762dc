//! Follows the journal, and puts mails into the queue.

use std::{collections::BTreeMap, time::Duration};

use chrono::Utc;
use journal::{Head, Stopping, Watch, with_causes};
use metrics::counter;

use super::{History, MailParts, select::select};
use crate::{NotifyError, follow::Stretch, pause::Pauses};

/// How long a commit may go unnoticed if nobody tells of it, or a shard that is ours from now on.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After failures to read or to note.
const PAUSES: Pauses = Pauses { first: Duration::from_millis(50), longest: Duration::from_secs(10) };

pub(super) struct Follower {
    parts: MailParts,
    history: History,
    /// Is notified of mails that were taken in.
    taken_in: Watch,
}

impl Follower {
    pub(super) fn new(parts: MailParts, history: History, taken_in: Watch) -> Self {
        Self { parts, history, taken_in }
    }

    /// What wakes it.
    pub(super) fn wake(&self) -> Watch {
        self.parts.journal.watch()
    }

    pub(super) fn run(&self, stopping: &Stopping) {
        let committed = self.wake();
        let mut failures = 0;
        loop {
            // In this order: a stop after it was looked for wakes the wait below.
            let seen = committed.generation();
            if stopping.is_asked() {
                return;
            }
            match self.follow(stopping) {
                Ok(()) => {
                    failures = 0;
                    committed.wait_beyond(seen, LOOK_EVERY);
                }
                Err(error) => {
                    failures += 1;
                    counter!("usher_mail_queue_errors_total").increment(1);
                    let pause = PAUSES.after(failures);
                    tracing::warn!(error = with_causes(&error), ?pause, "mail waits for the store");
                    stopping.pause(pause);
                }
            }
        }
    }

    /// Follows every shard that is ours to its end.
    fn follow(&self, stopping: &Stopping) -> Result<(), NotifyError> {
        let ends = self.parts.journal.heads()?;
        let ends: BTreeMap<u16, Head> = ends.into_iter().map(|end| (end.shard, end)).collect();
        for from in self.parts.queue.positions(&self.parts.tasks.shards())? {
            let Some(end) = ends.get(&from.shard) else { continue };
            self.follow_shard(from, *end, stopping)?;
        }
        Ok(())
    }

    fn follow_shard(&self, mut from: Head, end: Head, stopping: &Stopping) -> Result<(), NotifyError> {
        let shard = from.shard;
        if from.commit_number > end.commit_number {
            tracing::warn!(shard, "the store was restored to an older state: mail goes on from where it ends now");
            self.parts.queue.take_in(from, end, &[])?;
            return Ok(());
        }
        while from.commit_number < end.commit_number && !stopping.is_asked() && self.parts.tasks.contains(shard) {
            let Some(stretch) = Stretch::after(&*self.parts.journal, from)? else { return Ok(()) };
            if !self.take_in(&stretch)? {
                // Somebody else follows the shard by now.
                return Ok(());
            }
            from = stretch.to;
        }
        Ok(())
    }

    /// Takes in what some commits say; false if somebody else went on with the shard.
    fn take_in(&self, stretch: &Stretch) -> Result<bool, NotifyError> {
        let selected = select(stretch, self.history, Utc::now())?;
        if !self.parts.queue.take_in(stretch.from, stretch.to, &selected.mails)? {
            return Ok(false);
        }
        counter!("usher_mail_dropped_total", "reason" => "too_old").increment(selected.too_old);
        counter!("usher_mail_queued_total").increment(selected.mails.len() as u64);
        if !selected.mails.is_empty() {
            self.taken_in.notify();
        }
        Ok(true)
    }
}
