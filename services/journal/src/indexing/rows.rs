//! From commits to the rows of the index, without touching the database.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use contract::{
    event::StreamName,
    proto::journal::{Commit, Event, Outcome, Usage, record::Kind},
    stored::{RecordRef, sealed_records},
};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::{Concern, EventReader, EventReading, Head, MembershipChange, StoredCommit};

/// The commit in a stored block, which holds as many records as it is said to; else what is wrong with it.
pub(crate) fn decode(stored: &StoredCommit) -> Result<Commit, String> {
    let place = || format!("commit {} of shard {}", stored.number, stored.shard);
    let commit = stored.decode().map_err(|error| format!("{} cannot be decoded: {error}", place()))?;
    if commit.records.len() == stored.records as usize {
        return Ok(commit);
    }
    Err(format!("{} does not hold {} records", place(), stored.records))
}

/// The outcomes at places in a stored commit, in the order of the places; `None` if one of them holds no outcome.
pub(crate) fn outcomes_at(stored: &StoredCommit, places: impl Iterator<Item = u32>) -> Option<Vec<Outcome>> {
    // A commit may hold thousands of records of which one is wanted.
    let sealed = sealed_records(&stored.block).ok()?;
    let outcome = |place: u32| match sealed.get(place as usize)?.read().ok()? {
        RecordRef::Outcome(outcome) => outcome.read().ok(),
        RecordRef::Event(_) | RecordRef::Usage(_) | RecordRef::Unknown => None,
    };
    places.map(outcome).collect()
}

/// Under which key a command is indexed: the first 16 bytes of SHA-256 over its id.
pub(crate) fn command_key(command_id: &str) -> [u8; 16] {
    let digest = <[u8; 32]>::from(Sha256::digest(command_id.as_bytes()));
    let [key @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = digest;
    key
}

/// An event to be indexed.
pub(crate) struct EventRow {
    pub(crate) stream: String,
    pub(crate) version: u64,
    pub(crate) shard: u16,
    pub(crate) position: u64,
    pub(crate) event_type: String,
    pub(crate) effective_at_us: i64,
    pub(crate) recorded_at_us: i64,
    pub(crate) record: Vec<u8>,
    /// Of an event that is found by whom it concerns.
    pub(crate) concern: Option<ConcernRow>,
}

/// Whom an event concerns, and what it is found with.
pub(crate) struct ConcernRow {
    /// The user's id; empty for everybody.
    pub(crate) user: String,
    pub(crate) schema_version: u32,
    pub(crate) data: Vec<u8>,
}

/// A use that may be the user's latest so far.
pub(crate) struct UseRow {
    pub(crate) user: String,
    pub(crate) used_at_us: i64,
    pub(crate) noted: Times,
}

/// When something took effect and when it was recorded, microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) effective_at_us: i64,
    pub(crate) recorded_at_us: i64,
}

impl Times {
    /// The earlier one by each clock.
    pub(crate) fn earliest(self, other: Self) -> Self {
        Self {
            effective_at_us: self.effective_at_us.min(other.effective_at_us),
            recorded_at_us: self.recorded_at_us.min(other.recorded_at_us),
        }
    }
}

impl From<&Event> for Times {
    fn from(event: &Event) -> Self {
        Self { effective_at_us: event.effective_at_us, recorded_at_us: event.recorded_at_us }
    }
}

impl From<&Outcome> for Times {
    fn from(outcome: &Outcome) -> Self {
        Self { effective_at_us: outcome.effective_at_us, recorded_at_us: outcome.recorded_at_us }
    }
}

/// An outcome to be indexed.
pub(crate) struct CommandRow {
    pub(crate) key: [u8; 16],
    pub(crate) recorded_at_us: i64,
    pub(crate) shard: u16,
    /// The commit's.
    pub(crate) number: u64,
    /// Among the commit's records, from 0.
    pub(crate) place: u32,
}

/// How far a shard is once the rows are written.
pub(crate) struct ShardMark {
    pub(crate) head: Head,
    pub(crate) checksum: u64,
}

/// Everything that a number of commits add to the index.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) events: Vec<EventRow>,
    pub(crate) commands: Vec<CommandRow>,
    /// By user.
    pub(crate) last_uses_us: HashMap<String, i64>,
    /// In the order in which they were noted; of each user each later than the one before.
    pub(crate) uses: Vec<UseRow>,
    /// By user: when first named here.
    pub(crate) first_named: BTreeMap<String, Times>,
    /// By user and licensee: who became a member of what.
    pub(crate) joined: BTreeSet<(String, String)>,
    /// By user and licensee: whether one is a member of the other.
    pub(crate) memberships: BTreeMap<(String, String), bool>,
    /// By licensee; `None` when nothing is due any more.
    pub(crate) timers_us: BTreeMap<String, Option<i64>>,
    /// By shard.
    pub(crate) marks: BTreeMap<u16, ShardMark>,
    pub(crate) records: usize,
    pub(crate) block_bytes: usize,
}

impl Rows {
    /// Takes in a commit; of one shard in the order of their numbers.
    pub(crate) fn add(&mut self, stored: &StoredCommit, commit: Commit, reader: EventReader) {
        self.records += commit.records.len();
        self.block_bytes += stored.block.len();
        self.marks.insert(stored.shard, ShardMark { head: stored.head(), checksum: stored.checksum });
        self.timers_us.extend(commit.timers.into_iter().map(|timer| (timer.licensee, timer.due_at_us)));
        let mut records = (0u32..).zip(commit.records).peekable();
        while let Some((place, record)) = records.next() {
            match record.kind {
                Some(Kind::Event(event)) => self.add_event(stored, place, event, reader),
                Some(Kind::Outcome(outcome)) => self.add_outcome(stored, place, outcome),
                Some(Kind::Usage(usage)) => {
                    let behind = records.peek().and_then(|(_, record)| record.kind.as_ref());
                    let noted = noted_at(stored, &usage, behind);
                    self.add_usage(usage, noted);
                }
                // A kind of record that came with a newer program and that this index does not know.
                None => {}
            }
        }
    }

    fn add_event(&mut self, stored: &StoredCommit, place: u32, event: Event, reader: EventReader) {
        let times = Times::from(&event);
        let EventReading { membership, concern } = (reader.read)(&event);
        match membership {
            Some(MembershipChange::Added { user, licensee }) => {
                self.name(user.clone(), times);
                self.joined.insert((user.clone(), licensee.clone()));
                self.memberships.insert((user, licensee), true);
            }
            Some(MembershipChange::Removed { user, licensee }) => {
                self.memberships.insert((user, licensee), false);
            }
            None => {}
        }
        if let Ok(StreamName::User(user)) = event.stream.parse() {
            self.name(user.as_str().to_owned(), times);
        }
        let record = event.encode_to_vec();
        self.events.push(EventRow {
            concern: concern.map(|concern| ConcernRow {
                user: match concern {
                    Concern::Everybody => String::new(),
                    Concern::User(user) => user,
                },
                schema_version: event.schema_version,
                data: event.data,
            }),
            record,
            stream: event.stream,
            version: event.version,
            shard: stored.shard,
            position: stored.first_position.saturating_add(u64::from(place)),
            event_type: event.r#type,
            effective_at_us: event.effective_at_us,
            recorded_at_us: event.recorded_at_us,
        });
    }

    fn add_outcome(&mut self, stored: &StoredCommit, place: u32, outcome: Outcome) {
        // A refused command changes nothing (R35): a user whom only it named stays unknown.
        if outcome.refusal.is_none() && !outcome.user.is_empty() {
            self.name(outcome.user.clone(), Times::from(&outcome));
        }
        if outcome.id_reused {
            return;
        }
        let key = command_key(&outcome.command_id);
        let StoredCommit { shard, number, .. } = *stored;
        self.commands.push(CommandRow { key, recorded_at_us: outcome.recorded_at_us, shard, number, place });
    }

    fn add_usage(&mut self, Usage { user, used_at_us }: Usage, noted: Times) {
        self.name(user.clone(), noted);
        if self.last_uses_us.get(&user).is_some_and(|last_use_us| *last_use_us >= used_at_us) {
            return;
        }
        self.last_uses_us.insert(user.clone(), used_at_us);
        self.uses.push(UseRow { user, used_at_us, noted });
    }

    fn name(&mut self, user: String, times: Times) {
        let first = self.first_named.entry(user).or_insert(times);
        *first = first.earliest(times);
    }
}

/// When a use was noted: at the instant of the outcome that the writer puts right behind it. A use is a fact that may be
/// told late, and until it was told nobody went by it (R22).
fn noted_at(stored: &StoredCommit, usage: &Usage, behind: Option<&Kind>) -> Times {
    match behind {
        Some(Kind::Outcome(outcome)) => Times::from(outcome),
        _ => Times { effective_at_us: usage.used_at_us, recorded_at_us: stored.recorded_at.timestamp_micros() },
    }
}
