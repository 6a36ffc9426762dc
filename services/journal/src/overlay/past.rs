//! The port to what an index keeps of the past, with what was appended on top.

use std::{cmp::Reverse, collections::BTreeSet};

use chrono::DateTime;
use contract::proto::journal::Event;
use licensing::Instant;

use super::{Layers, base::damaged};
use crate::{
    BLOCK_EVENTS, BlockState, EventBlock, FirstNamed, HistoryFilter, JournalError, Moment, Page, PastIndex,
    PersonalEvent, PersonalPlace, Snapshot, StoredEvent, StreamIndex, indexing::Times,
};

impl PastIndex for Layers {
    fn blocks(&self, stream: &str) -> Result<Vec<EventBlock>, JournalError> {
        let end_beneath = self.base.stream_head(stream)?.map_or(0, |head| head.version);
        let mut blocks = self.base.index.blocks(stream)?;
        blocks.retain(|block| block.last_version <= end_beneath);
        let limit = usize::try_from(BLOCK_EVENTS).unwrap_or(usize::MAX);
        loop {
            let after = blocks.last().map_or(0, |block| block.last_version);
            let events = self.stream(stream, after, limit)?;
            if events.len() < limit {
                return Ok(blocks);
            }
            blocks.extend(block_of(&events)?);
        }
    }

    fn block_states(&self, stream: &str, versions: &[u64]) -> Result<Vec<BlockState>, JournalError> {
        let end_beneath = self.base.stream_head(stream)?.map_or(0, |head| head.version);
        let mut states = self.base.index.block_states(stream, versions)?;
        states.retain(|state| state.version <= end_beneath);
        Ok(states)
    }

    fn history_about(&self, stream: &str, user: &str, filter: &HistoryFilter) -> Result<Page, JournalError> {
        self.page(stream, Some(user), filter)
    }

    fn personal_events(
        &self,
        stream: &str,
        behind: Option<&PersonalPlace>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<PersonalEvent>, JournalError> {
        let mut events = self.base.personal_events(stream, behind, descending, limit)?;
        let place = |event: &PersonalEvent| (event.user.clone(), event.version);
        let is_behind = |event: &PersonalEvent| match behind {
            Some(PersonalPlace { user, version }) if descending => (&event.user, event.version) < (user, *version),
            Some(PersonalPlace { user, version }) => (&event.user, event.version) > (user, *version),
            None => true,
        };
        for on_top in self.memory.read().personal_events(stream) {
            let on_top = on_top?;
            if is_behind(&on_top) {
                events.push(on_top);
            }
        }
        if descending {
            events.sort_by_key(|event| Reverse(place(event)));
        } else {
            events.sort_by_key(place);
        }
        events.truncate(limit);
        Ok(events)
    }

    fn personal_events_of(&self, stream: &str, users: &[&str]) -> Result<Vec<PersonalEvent>, JournalError> {
        let mut events = self.base.personal_events_of(stream, users)?;
        for on_top in self.memory.read().personal_events(stream) {
            let on_top = on_top?;
            if users.contains(&on_top.user.as_str()) {
                events.push(on_top);
            }
        }
        // The base's come first, and their versions are lower.
        events.sort_by(|one, other| one.user.cmp(&other.user));
        Ok(events)
    }

    fn last_uses_at(&self, users: &[&str], moment: &Moment) -> Result<Vec<Option<Instant>>, JournalError> {
        let beneath = self.base.index.last_uses_at(users, moment)?;
        let memory = self.memory.read();
        let on_top = |user: &&str| memory.last_use_at_us(user, moment).and_then(DateTime::from_timestamp_micros);
        Ok(users.iter().zip(beneath).map(|(user, beneath)| on_top(user).max(beneath)).collect())
    }

    fn memberships_ever(&self, user: &str) -> Result<Vec<String>, JournalError> {
        let mut licensees: BTreeSet<String> = self.base.index.memberships_ever(user)?.into_iter().collect();
        licensees.extend(self.memory.read().joined.get(user).into_iter().flatten().cloned());
        Ok(licensees.into_iter().collect())
    }

    fn first_named(&self, user: &str) -> Result<Option<FirstNamed>, JournalError> {
        let beneath = self.base.index.first_named(user)?;
        let on_top = self.memory.read().first_named.get(user).copied().map(first_named).transpose()?;
        Ok(match (beneath, on_top) {
            (Some(beneath), Some(on_top)) => Some(FirstNamed {
                effective_at: beneath.effective_at.min(on_top.effective_at),
                recorded_at: beneath.recorded_at.min(on_top.recorded_at),
            }),
            (beneath, on_top) => beneath.or(on_top),
        })
    }

    fn past_state(&self, stream: &str, version_max: u64) -> Result<Option<Snapshot>, JournalError> {
        let end_beneath = self.base.stream_head(stream)?.map_or(0, |head| head.version);
        self.base.index.past_state(stream, version_max.min(end_beneath))
    }

    fn put_past_state(&self, _stream: &str, _state: &Snapshot) -> Result<(), JournalError> {
        Ok(())
    }
}

fn first_named(times: Times) -> Result<FirstNamed, JournalError> {
    let Times { effective_at_us, recorded_at_us } = times;
    Ok(FirstNamed { effective_at: instant(effective_at_us)?, recorded_at: instant(recorded_at_us)? })
}

/// The block that these events are; `None` of none.
fn block_of(events: &[StoredEvent]) -> Result<Option<EventBlock>, JournalError> {
    let Some(StoredEvent { event: last, .. }) = events.last() else { return Ok(None) };
    let effective = |event: &Event| event.effective_at_us;
    let all = || events.iter().map(|stored| &stored.event);
    Ok(Some(EventBlock {
        last_version: last.version,
        effective_min: instant(all().map(effective).min().unwrap_or_else(|| effective(last)))?,
        effective_max: instant(all().map(effective).max().unwrap_or_else(|| effective(last)))?,
        recorded_max: instant(all().map(|event| event.recorded_at_us).max().unwrap_or(last.recorded_at_us))?,
    }))
}

fn instant(us: i64) -> Result<Instant, JournalError> {
    DateTime::from_timestamp_micros(us).ok_or_else(|| damaged(format!("{us} microseconds is no time")))
}
