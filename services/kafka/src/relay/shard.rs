//! Relays one shard.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use journal::{Epoch, Head, Stopping, with_causes};
use metrics::counter;

use super::{
    Shared,
    counted::{Counted, next_transaction},
    last_record::last_record,
    problem::Problem,
    transactions::{Target, Transactions},
};
use crate::{
    pause::Pause,
    record::{EventRecord, Origin, Place, to_record},
};

/// How much is read from the journal at once, bytes; a larger commit comes alone.
const READ_BYTES: usize = 2 * 1024 * 1024;

/// How long to wait after somebody else took over: as long as it takes to hear that the lease is theirs.
const FENCED_PAUSE: Duration = Duration::from_secs(5);

/// Relays one shard for as long as its task is held under one epoch.
pub(super) struct ShardRelay {
    shared: Arc<Shared>,
    stopping: Stopping,
    shard: u16,
    epoch: Epoch,
}

impl ShardRelay {
    pub(super) const fn new(shared: Arc<Shared>, stopping: Stopping, shard: u16, epoch: Epoch) -> Self {
        Self { shared, stopping, shard, epoch }
    }

    /// Relays until it is no longer wanted; begins anew after every failure.
    pub(super) fn run(&self) {
        let mut pause = Pause::new();
        while self.is_wanted() {
            let problem = match self.relay(&mut pause) {
                Ok(()) | Err(Problem::NotWanted) => break,
                Err(problem) => problem,
            };
            self.shared.problems.lock().insert(self.shard, with_causes(&problem));
            counter!("usher_relay_errors_total", "kind" => problem.kind()).increment(1);
            tracing::warn!(shard = self.shard, error = &problem as &dyn Error, "relaying a shard failed");
            self.pause(if matches!(problem, Problem::Fenced(_)) { FENCED_PAUSE } else { pause.after_failure() });
        }
        self.shared.progress.forget(self.shard);
        self.all_is_well();
    }

    fn all_is_well(&self) {
        self.shared.problems.lock().remove(&self.shard);
    }

    fn is_wanted(&self) -> bool {
        !self.stopping.is_asked() && self.shared.tasks.epoch(self.shard) == Some(self.epoch)
    }

    /// Waits, but no longer than it is wanted: so another node can go on at once.
    fn pause(&self, pause: Duration) {
        let ends_at = Instant::now() + pause;
        // Is notified of a stop as well.
        let tasks_changed = self.shared.tasks.watch();
        loop {
            let seen = tasks_changed.generation();
            let left = ends_at.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.is_wanted() {
                return;
            }
            tasks_changed.wait_beyond(seen, left);
        }
    }

    /// Takes the shard over, finds out after which commit to go on, and follows the journal from there.
    fn relay(&self, pause: &mut Pause) -> Result<(), Problem> {
        let Shared { settings, topic, id_prefix, progress, .. } = self.shared.as_ref();
        let transactional_id = format!("{id_prefix}-{}", self.shard);
        let is_wanted = || self.is_wanted();
        let transactions = Transactions::take_over(Target {
            settings,
            transactional_id: &transactional_id,
            topic,
            partition: i32::from(self.shard),
            is_wanted: &is_wanted,
        })?;
        let begin = match self.relayed() {
            // It may be our own all the same.
            Err(Problem::ForeignTransaction { .. }) => {
                transactions.end_what_was_left_open()?;
                tracing::info!(shard = self.shard, "ended a transaction that was left open on the topic");
                self.relayed()?
            }
            relayed => relayed?,
        };
        progress.note_relayed(self.shard, begin.position);
        self.all_is_well();
        tracing::info!(shard = self.shard, commit = begin.commit_number, "relaying a shard from here on");
        let mut relayed = begin.commit_number;
        while is_wanted() {
            progress.wait_for_more(self.shard, relayed, is_wanted);
            let commits = self.read(relayed)?;
            let mut rest = commits.as_slice();
            while let (now @ [.., last], later) = next_transaction(rest) {
                self.send(&transactions, now)?;
                let end = last.head();
                progress.note_relayed(self.shard, end.position);
                relayed = end.commit_number;
                pause.reset();
                rest = later;
            }
        }
        Ok(())
    }

    /// Where the shard ended with the last commit that is on the topic; all zero for none.
    fn relayed(&self) -> Result<Head, Problem> {
        let none = Head { shard: self.shard, commit_number: 0, position: 0 };
        let Some(place) = last_record(&self.shared, i32::from(self.shard))? else { return Ok(none) };
        let topic = self.shared.topic.clone();
        if place.source != self.shared.source {
            let ours = self.shared.source.clone();
            return Err(Problem::ForeignTopic { topic, found: place.source, ours });
        }
        let commit = place.commit;
        self.commit_with(&place)?.ok_or(Problem::Ahead { topic, shard: self.shard, commit })
    }

    /// The head of the commit in which the journal has this very event where the record says; `None` if it has not.
    fn commit_with(&self, place: &Place) -> Result<Option<Head>, Problem> {
        let Some(before) = place.commit.checked_sub(1) else { return Ok(None) };
        let Some(stored) = self.shared.journal.read(self.shard, before, 1)?.into_iter().next() else { return Ok(None) };
        let commit = Counted::new(stored)?;
        for read in commit.events() {
            let (position, event) = read?;
            if position == place.position && event.id == place.event {
                return Ok(Some(commit.head()));
            }
        }
        Ok(None)
    }

    /// The commits after number `after`, as many as are read at once.
    fn read(&self, after: u64) -> Result<Vec<Counted>, Problem> {
        if !self.shared.progress.is_more(self.shard, after) {
            return Ok(Vec::new());
        }
        self.shared.journal.follow(self.shard, after, READ_BYTES)?.into_iter().map(Counted::new).collect()
    }

    /// Sends the events of some commits, all or none.
    fn send(&self, transactions: &Transactions<'_>, commits: &[Counted]) -> Result<(), Problem> {
        let events: usize = commits.iter().map(|commit| commit.events).sum();
        if events == 0 {
            return Ok(());
        }
        transactions.commit(commits.iter().flat_map(|commit| self.records(commit)))?;
        counter!("usher_relay_transactions_total").increment(1);
        counter!("usher_relay_events_total").increment(u64::try_from(events).unwrap_or(u64::MAX));
        Ok(())
    }

    fn records<'a>(&'a self, commit: &'a Counted) -> impl Iterator<Item = Result<EventRecord<'a>, Problem>> {
        let number = commit.head().commit_number;
        commit.events().map(move |read| {
            let (position, event) = read?;
            let origin = Origin { source: &self.shared.source, position, commit: number };
            to_record(&event, &origin).map_err(|source| Problem::Event { number, source })
        })
    }
}
