//! The port to the index, with what was appended on top.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant as Moment},
};

use chrono::DateTime;
use licensing::Instant;

use super::{
    Layers,
    base::{damaged, head_of, outcome_at},
};
use crate::{
    Head, HistoryFilter, Journal, JournalError, NextDue, Page, Position, Positions, Snapshot, StoredOutcome,
    StreamHead, StreamIndex,
    indexing::{CommandRow, command_key},
};

impl Layers {
    /// Waits until the ends of the shards are as wanted, at most for `timeout`; whether they are.
    fn wait_until_heads(&self, timeout: Duration, is_reached: impl Fn(&[Head]) -> bool) -> bool {
        let began = Moment::now();
        loop {
            let seen = self.watch.generation();
            if is_reached(&self.memory.read().heads) {
                return true;
            }
            let left = timeout.saturating_sub(began.elapsed());
            if left.is_zero() {
                return false;
            }
            self.watch.wait_beyond(seen, left);
        }
    }

    /// A page of a history that begins beneath and ends in memory.
    fn oldest_first(&self, stream: &str, about: Option<&str>, filter: &HistoryFilter) -> Result<Page, JournalError> {
        let Page { mut items, more } = self.base.history(stream, about, filter)?;
        if more {
            return Ok(Page { items, more });
        }
        let memory = self.memory.read();
        for stored in memory.events(stream, about, filter) {
            if items.len() >= filter.limit {
                return Ok(Page { items, more: true });
            }
            items.push(stored?);
        }
        Ok(Page { items, more: false })
    }

    /// A page of a history that begins in memory and ends beneath.
    fn newest_first(&self, stream: &str, about: Option<&str>, filter: &HistoryFilter) -> Result<Page, JournalError> {
        let mut items = Vec::new();
        for stored in self.memory.read().events(stream, about, filter).rev() {
            if items.len() >= filter.limit {
                return Ok(Page { items, more: true });
            }
            items.push(stored?);
        }
        let left = filter.limit.saturating_sub(items.len());
        let beneath = self.base.history(stream, about, &HistoryFilter { limit: left, ..filter.clone() })?;
        items.extend(beneath.items);
        Ok(Page { items, more: beneath.more })
    }

    /// A page of a history, or of what concerns a user in it.
    pub(super) fn page(&self, stream: &str, about: Option<&str>, filter: &HistoryFilter) -> Result<Page, JournalError> {
        if filter.newest_first {
            self.newest_first(stream, about, filter)
        } else {
            self.oldest_first(stream, about, filter)
        }
    }

    /// What became of a command, if that is in memory.
    fn outcome_in_memory(&self, command_id: &str) -> Result<Option<StoredOutcome>, JournalError> {
        let memory = self.memory.read();
        let Some(CommandRow { shard, number, place, .. }) = memory.outcome(&command_key(command_id)) else {
            return Ok(None);
        };
        let stored = match memory.commit(*shard, *number) {
            Some(appended) => appended.clone(),
            None => {
                let beneath = self.base.read(*shard, number.saturating_sub(1), 1)?;
                let missing = || damaged(format!("commit {number} of shard {shard} is gone"));
                beneath.into_iter().next().ok_or_else(missing)?
            }
        };
        let position = stored.first_position.saturating_add(u64::from(*place));
        let outcome = outcome_at(&stored, *place)?;
        Ok(Some(StoredOutcome { position: Position { shard: *shard, position }, outcome }))
    }
}

impl StreamIndex for Layers {
    fn progress(&self) -> Result<Vec<Head>, JournalError> {
        self.heads()
    }

    fn wait_until(&self, shard: u16, number: u64, timeout: Duration) -> Result<bool, JournalError> {
        self.check_shard(shard)?;
        let reached = |heads: &[Head]| heads.get(usize::from(shard)).is_some_and(|head| head.commit_number >= number);
        Ok(self.wait_until_heads(timeout, reached))
    }

    fn wait_for(&self, positions: &Positions, timeout: Duration) -> Result<bool, JournalError> {
        let reached = |heads: &[Head]| heads.iter().copied().collect::<Positions>().cover(positions);
        Ok(self.wait_until_heads(timeout, reached))
    }

    fn wait_for_lag_below(&self, records: u64, _timeout: Duration) -> Result<bool, JournalError> {
        Ok(records > 0)
    }

    fn has_stream(&self, stream: &str) -> Result<bool, JournalError> {
        self.stream_head(stream).map(|head| head.is_some())
    }

    fn stream_head(&self, stream: &str) -> Result<Option<StreamHead>, JournalError> {
        match self.memory.read().last_event(stream)? {
            Some(last) => head_of(last.version, &last.hash).map(Some),
            None => self.base.stream_head(stream),
        }
    }

    fn history(&self, stream: &str, filter: &HistoryFilter) -> Result<Page, JournalError> {
        self.page(stream, None, filter)
    }

    fn outcomes(&self, command_ids: &[&str]) -> Result<Vec<Option<StoredOutcome>>, JournalError> {
        let beneath = self.base.outcomes(command_ids)?;
        let mut outcomes = Vec::with_capacity(command_ids.len());
        for (command_id, beneath) in command_ids.iter().zip(beneath) {
            let on_top = self.outcome_in_memory(command_id)?;
            let recorded_at = |stored: &StoredOutcome| stored.outcome.recorded_at_us;
            // Of one id used twice the one recorded later holds, as in every index.
            outcomes.push(match (beneath, on_top) {
                (Some(beneath), Some(on_top)) if recorded_at(&beneath) > recorded_at(&on_top) => Some(beneath),
                (beneath, on_top) => on_top.or(beneath),
            });
        }
        Ok(outcomes)
    }

    fn last_uses(&self, users: &[&str]) -> Result<Vec<Option<Instant>>, JournalError> {
        let beneath = self.base.index.last_uses(users)?;
        let memory = self.memory.read();
        let on_top = |user: &&str| memory.last_uses_us.get(*user).copied().and_then(DateTime::from_timestamp_micros);
        Ok(users.iter().zip(beneath).map(|(user, beneath)| on_top(user).max(beneath)).collect())
    }

    fn memberships(&self, user: &str) -> Result<Vec<String>, JournalError> {
        let mut licensees: BTreeSet<String> = self.base.index.memberships(user)?.into_iter().collect();
        for (licensee, is_member) in self.memory.read().memberships.get(user).into_iter().flatten() {
            if *is_member {
                licensees.insert(licensee.clone());
            } else {
                licensees.remove(licensee);
            }
        }
        Ok(licensees.into_iter().collect())
    }

    fn timers(&self) -> Result<Vec<NextDue>, JournalError> {
        let beneath = self.base.index.timers()?.into_iter().map(|timer| (timer.licensee, Some(timer.due_at)));
        let mut due_by_licensee: BTreeMap<String, Option<Instant>> = beneath.collect();
        for (licensee, due_at_us) in &self.memory.read().timers_us {
            due_by_licensee.insert(licensee.clone(), due_at_us.and_then(DateTime::from_timestamp_micros));
        }
        let armed =
            due_by_licensee.into_iter().filter_map(|(licensee, due_at)| Some(NextDue { licensee, due_at: due_at? }));
        let mut timers: Vec<NextDue> = armed.collect();
        timers.sort_by_key(|timer| timer.due_at);
        Ok(timers)
    }

    fn snapshot(&self, stream: &str) -> Result<Option<Snapshot>, JournalError> {
        self.base.index.snapshot(stream)
    }

    /// What is beneath is read only as far as it is needed.
    fn largest_snapshots(&self, _limit: usize) -> Result<Vec<(String, u64)>, JournalError> {
        Ok(Vec::new())
    }

    fn put_snapshot(&self, _stream: &str, _snapshot: &Snapshot) -> Result<(), JournalError> {
        Ok(())
    }
}
