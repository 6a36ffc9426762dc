//! What was appended, and its index.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use contract::proto::journal::{Commit, Event};
use licensing::Instant;
use prost::Message;

use super::{
    Options,
    base::{Base, damaged},
    details::Details,
};
use crate::{
    BLOCK_BYTES_MAX, Batch, Head, HistoryFilter, JournalError, Moment, NewCommit, PersonalEvent, Position,
    StoredCommit, StoredEvent,
    indexing::{CommandRow, ConcernRow, EventRow, Rows, Times, UseRow, decode},
};

/// What a record takes beside its bytes, in its commit and in the index, roughly.
const BYTES_PER_RECORD: usize = 512;
/// A record's bytes are kept twice: in its commit and in the index.
const COPIES: usize = 2;

/// What was appended, and its index.
pub(super) struct Memory {
    /// Where each shard ends.
    pub(super) heads: Vec<Head>,
    pub(super) clock: Option<Instant>,
    pub(super) details: Details,
    /// By shard, those behind the ends of the store beneath.
    commits: Vec<Vec<StoredCommit>>,
    /// By stream, those that the index beneath has not.
    events: HashMap<String, Vec<EventRow>>,
    outcomes: HashMap<[u8; 16], CommandRow>,
    pub(super) last_uses_us: HashMap<String, i64>,
    /// By user, in the order in which they were noted.
    uses: HashMap<String, Vec<UseRow>>,
    pub(super) first_named: HashMap<String, Times>,
    /// By user: every licensee that the user became a member of.
    pub(super) joined: HashMap<String, BTreeSet<String>>,
    /// By user, then licensee: whether one is a member of the other.
    pub(super) memberships: HashMap<String, BTreeMap<String, bool>>,
    /// By licensee; `None` when nothing is due any more.
    pub(super) timers_us: BTreeMap<String, Option<i64>>,
    bytes: usize,
}

impl Memory {
    /// Nothing yet.
    pub(super) fn on(base: &Base) -> Result<Self, JournalError> {
        Ok(Self {
            heads: base.heads.clone(),
            clock: base.journal.clock()?,
            details: Details::default(),
            commits: base.heads.iter().map(|_| Vec::new()).collect(),
            events: HashMap::new(),
            outcomes: HashMap::new(),
            last_uses_us: HashMap::new(),
            uses: HashMap::new(),
            first_named: HashMap::new(),
            joined: HashMap::new(),
            memberships: HashMap::new(),
            timers_us: BTreeMap::new(),
            bytes: 0,
        })
    }

    /// Takes in a batch, all of it or nothing.
    pub(super) fn append(&mut self, batch: &Batch, options: &Options) -> Result<(), JournalError> {
        let heads = self.heads_after(batch)?;
        let commits: Vec<StoredCommit> = batch.commits.iter().map(stored).collect();
        let decoded = commits.iter().map(decode).collect::<Result<Vec<Commit>, String>>().map_err(damaged)?;
        let bytes = batch.details.iter().map(Details::bytes_of).chain(commits.iter().map(bytes_of)).sum();
        self.take_room(bytes, options)?;
        for (stored, commit) in commits.into_iter().zip(decoded) {
            self.add_rows(&stored, commit, options);
            if let Some(of_shard) = self.commits.get_mut(usize::from(stored.shard)) {
                of_shard.push(stored);
            }
        }
        self.heads = heads;
        self.clock = self.clock.max(batch.clock);
        batch.details.iter().for_each(|change| self.details.apply(change));
        Ok(())
    }

    /// Takes note of a commit that the store beneath holds and its index does not.
    pub(super) fn index(
        &mut self,
        stored: &StoredCommit,
        commit: Commit,
        options: &Options,
    ) -> Result<(), JournalError> {
        self.take_room(bytes_of(stored), options)?;
        self.add_rows(stored, commit, options);
        Ok(())
    }

    /// Where each shard ends once a batch is written; fails if a commit does not follow.
    fn heads_after(&self, batch: &Batch) -> Result<Vec<Head>, JournalError> {
        let mut heads = self.heads.clone();
        let shards = u16::try_from(heads.len()).unwrap_or(u16::MAX);
        for commit in &batch.commits {
            let shard = commit.shard;
            let head = heads.get_mut(usize::from(shard)).ok_or(JournalError::UnknownShard { shard, shards })?;
            if commit.block.len() > BLOCK_BYTES_MAX {
                return Err(JournalError::TooLarge { bytes: commit.block.len(), bytes_max: BLOCK_BYTES_MAX });
            }
            let number = head.commit_number.checked_add(1);
            let first_position = head.position.checked_add(1);
            if number != Some(commit.number) || first_position != Some(commit.first_position) {
                return Err(JournalError::Conflict {
                    shard,
                    head: *head,
                    offered_number: commit.number,
                    offered_first_position: commit.first_position,
                });
            }
            *head = commit.head();
        }
        Ok(heads)
    }

    fn take_room(&mut self, bytes: usize, options: &Options) -> Result<(), JournalError> {
        let taken = self.bytes.saturating_add(bytes);
        if taken > options.bytes_max {
            return Err(JournalError::OverlayFull { bytes_max: options.bytes_max });
        }
        self.bytes = taken;
        Ok(())
    }

    fn add_rows(&mut self, stored: &StoredCommit, commit: Commit, options: &Options) {
        let mut rows = Rows::default();
        rows.add(stored, commit, options.reader);
        for event in rows.events {
            self.events.entry(event.stream.clone()).or_default().push(event);
        }
        for command in rows.commands {
            let kept = self.outcomes.get(&command.key);
            if kept.is_none_or(|kept| kept.recorded_at_us <= command.recorded_at_us) {
                self.outcomes.insert(command.key, command);
            }
        }
        for (user, used_at_us) in rows.last_uses_us {
            let last_use_us = self.last_uses_us.entry(user).or_insert(used_at_us);
            *last_use_us = used_at_us.max(*last_use_us);
        }
        for noted in rows.uses {
            self.uses.entry(noted.user.clone()).or_default().push(noted);
        }
        for (user, times) in rows.first_named {
            let first = self.first_named.entry(user).or_insert(times);
            *first = first.earliest(times);
        }
        for (user, licensee) in rows.joined {
            self.joined.entry(user).or_default().insert(licensee);
        }
        for ((user, licensee), is_member) in rows.memberships {
            self.memberships.entry(user).or_default().insert(licensee, is_member);
        }
        self.timers_us.extend(rows.timers_us);
    }

    /// The commits of a shard after a number, as many as fit into `max_bytes`; at least one if `wants_one`.
    pub(super) fn read(&self, shard: u16, after_commit: u64, max_bytes: usize, wants_one: bool) -> Vec<StoredCommit> {
        let of_shard = self.commits.get(usize::from(shard)).map_or(&[][..], Vec::as_slice);
        let mut bytes = 0_usize;
        let after = of_shard.iter().skip_while(|commit| commit.number <= after_commit);
        let fitting = after.enumerate().take_while(|(place, commit)| {
            bytes = bytes.saturating_add(commit.block.len());
            bytes <= max_bytes || (*place == 0 && wants_one)
        });
        fitting.map(|(_, commit)| commit.clone()).collect()
    }

    /// One commit that was appended.
    pub(super) fn commit(&self, shard: u16, number: u64) -> Option<&StoredCommit> {
        let of_shard = self.commits.get(usize::from(shard))?;
        let place = number.checked_sub(of_shard.first()?.number)?;
        of_shard.get(usize::try_from(place).ok()?)
    }

    /// Where the outcome lies that is kept under a key.
    pub(super) fn outcome(&self, key: &[u8; 16]) -> Option<&CommandRow> {
        self.outcomes.get(key)
    }

    /// The last use by a user that is in memory and had been noted by a moment, microseconds.
    pub(super) fn last_use_at_us(&self, user: &str, moment: &Moment) -> Option<i64> {
        let noted_by_then = |noted: &&UseRow| {
            let Times { effective_at_us, recorded_at_us } = noted.noted;
            effective_at_us <= moment.effective_max_us() && recorded_at_us <= moment.recorded_max_us()
        };
        self.uses.get(user)?.iter().filter(noted_by_then).map(|noted| noted.used_at_us).max()
    }

    /// The last event of a stream that is in memory.
    pub(super) fn last_event(&self, stream: &str) -> Result<Option<Event>, JournalError> {
        self.events.get(stream).and_then(|events| events.last()).map(event_in).transpose()
    }

    /// The events of a stream that are in memory, pass the filter, its limit aside, and concern a user if one is named; in
    /// order.
    pub(super) fn events<'a>(
        &'a self,
        stream: &str,
        about: Option<&'a str>,
        filter: &'a HistoryFilter,
    ) -> impl DoubleEndedIterator<Item = Result<StoredEvent, JournalError>> + 'a {
        let events = self.events.get(stream).map_or(&[][..], Vec::as_slice);
        let (after, last) = filter.versions().unwrap_or_default();
        let first = events.partition_point(|event| event.version <= after);
        let wanted = events.get(first..).unwrap_or_default();
        let wanted = wanted.split_at(wanted.partition_point(|event| event.version <= last)).0;
        let from_us = filter.from.map_or(i64::MIN, |from| from.timestamp_micros());
        let to_us = filter.to.map_or(i64::MAX, |to| to.timestamp_micros());
        let is_wanted = move |event: &&EventRow| {
            let is_of_type = filter.types.is_empty() || filter.types.contains(&event.event_type);
            let concerns = |user: &str| {
                event.concern.as_ref().is_some_and(|concern| concern.user.is_empty() || concern.user == user)
            };
            is_of_type
                && about.is_none_or(concerns)
                && from_us <= event.effective_at_us
                && event.effective_at_us < to_us
        };
        wanted.iter().filter(is_wanted).map(stored_event)
    }

    /// The events of a stream that are in memory and concern one user each, in the order of the stream.
    pub(super) fn personal_events<'a>(
        &'a self,
        stream: &str,
    ) -> impl Iterator<Item = Result<PersonalEvent, JournalError>> + 'a {
        let events = self.events.get(stream).map_or(&[][..], Vec::as_slice);
        events.iter().filter_map(|event| {
            let concern = event.concern.as_ref().filter(|concern| !concern.user.is_empty())?;
            Some(personal_event(event, concern))
        })
    }
}

fn stored_event(row: &EventRow) -> Result<StoredEvent, JournalError> {
    let position = Position { shard: row.shard, position: row.position };
    Ok(StoredEvent { position, event: event_in(row)? })
}

fn personal_event(row: &EventRow, concern: &ConcernRow) -> Result<PersonalEvent, JournalError> {
    let instant =
        |us: i64| Instant::from_timestamp_micros(us).ok_or_else(|| damaged(format!("{us} microseconds is no time")));
    Ok(PersonalEvent {
        user: concern.user.clone(),
        version: row.version,
        event_type: row.event_type.clone(),
        schema_version: concern.schema_version,
        data: concern.data.clone(),
        effective_at: instant(row.effective_at_us)?,
        recorded_at: instant(row.recorded_at_us)?,
    })
}

fn event_in(row: &EventRow) -> Result<Event, JournalError> {
    Event::decode(row.record.as_slice()).map_err(|error| damaged(error.to_string()))
}

fn bytes_of(stored: &StoredCommit) -> usize {
    let records = usize::try_from(stored.records).unwrap_or(usize::MAX);
    stored.block.len().saturating_mul(COPIES).saturating_add(records.saturating_mul(BYTES_PER_RECORD))
}

fn stored(commit: &NewCommit) -> StoredCommit {
    StoredCommit {
        shard: commit.shard,
        number: commit.number,
        first_position: commit.first_position,
        records: commit.records,
        recorded_at: commit.recorded_at,
        checksum: commit.checksum(),
        block: commit.block.clone(),
    }
}
