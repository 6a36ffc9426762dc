//! Taking in a commit: checked against those before it, then folded.

use contract::{
    event::{self, StreamEvent, StreamName, licensee_stream},
    proto::journal::{self as wire, Outcome, record::Kind},
};
use journal::{BLOCK_EVENTS, KeptUse, Position, StoredCommit, chain, shard_of};
use licensing::{Event, Instant, LicenseeId, UserId};

use super::{BlockAccount, Replay, StreamEnd};
use crate::{AuditError, Part, Place, error::differs};

/// A commit, decoded, with the place of each record.
pub(crate) struct ReadCommit {
    pub(crate) shard: u16,
    pub(crate) number: u64,
    pub(crate) records: Vec<(Position, Kind)>,
    recorded_at: Instant,
    timers: Vec<wire::NextTimer>,
}

/// Decodes a commit, which has to hold what its row says.
pub(crate) fn read(stored: &StoredCommit) -> Result<ReadCommit, AuditError> {
    let StoredCommit { shard, number, first_position, records, recorded_at, .. } = *stored;
    let place = || Place::of_commit(shard, number);
    let wrong = |field, found: String, expected: String| differs(Part::Journal, place(), field, found, expected);
    let commit = stored.decode().map_err(|error| wrong("block", error.to_string(), "a commit".to_owned()))?;
    if commit.records.len() != records as usize {
        return Err(wrong("records", commit.records.len().to_string(), records.to_string()));
    }
    let placed = (first_position..).zip(commit.records).map(|(position, record)| {
        let at = Position { shard, position };
        let unknown = || {
            let known = "an event, a use or an outcome: upgrade usher if a newer one wrote it";
            differs(Part::Journal, place().at(at), "record", "of an unknown kind", known)
        };
        record.kind.map(|kind| (at, kind)).ok_or_else(unknown)
    });
    let records = placed.collect::<Result<_, _>>()?;
    Ok(ReadCommit { shard, number, records, recorded_at, timers: commit.timers })
}

impl ReadCommit {
    /// The uses that it tells of, each with when it was noted, in order.
    pub(crate) fn uses(&self) -> impl Iterator<Item = Result<(UserId, KeptUse), AuditError>> {
        let places = self.records.iter().enumerate();
        places.filter_map(|(place, (position, kind))| match kind {
            Kind::Usage(usage) => Some(self.noted_use(place, *position, usage)),
            Kind::Event(_) | Kind::Outcome(_) => None,
        })
    }

    /// A use, with when it was noted: at the instant of the outcome right behind it.
    fn noted_use(
        &self,
        place: usize,
        position: Position,
        usage: &wire::Usage,
    ) -> Result<(UserId, KeptUse), AuditError> {
        let at = Place::of_commit(self.shard, self.number).at(position);
        let used_at = instant(usage.used_at_us, "used_at", &at)?;
        let user = parsed_user(&usage.user, &at)?;
        let (noted_at, recorded_at) = match self.records.get(place.saturating_add(1)) {
            Some((_, Kind::Outcome(outcome))) => times_of(outcome, &at)?,
            _ => (used_at, self.recorded_at),
        };
        Ok((user, KeptUse { used_at, noted_at, recorded_at }))
    }
}

impl Replay {
    /// Takes in the next commit of a shard.
    pub(crate) fn take(&mut self, stored: &StoredCommit, commit: &ReadCommit) -> Result<(), AuditError> {
        self.check_order(stored)?;
        for (position, kind) in &commit.records {
            let place = Place::of_commit(commit.shard, commit.number).at(*position);
            match kind {
                Kind::Event(event) => self.take_event(*position, event, &place)?,
                // Below, with what lies behind each.
                Kind::Usage(_) => {}
                Kind::Outcome(outcome) => self.take_outcome(*position, outcome, &place)?,
            }
        }
        for noted in commit.uses() {
            let (user, kept) = noted?;
            self.take_use(&user, kept);
        }
        for timer in &commit.timers {
            self.take_timer(timer, &Place::of_commit(commit.shard, commit.number))?;
        }
        if let Some(head) = self.heads.get_mut(usize::from(stored.shard)) {
            *head = stored.head();
        }
        if let Some(hash) = self.commit_hashes.get_mut(usize::from(stored.shard)) {
            *hash = stored.hash_after(hash);
        }
        self.counts.commits += 1;
        self.check_sealed_commit(stored)
    }

    fn check_order(&self, stored: &StoredCommit) -> Result<(), AuditError> {
        let head = self.head(stored.shard);
        let place = || Place::of_commit(stored.shard, stored.number);
        let (number, position) = (head.commit_number.saturating_add(1), head.position.saturating_add(1));
        if stored.number != number {
            return Err(differs(Part::Journal, place(), "commit number", stored.number, number));
        }
        if stored.first_position != position {
            return Err(differs(Part::Journal, place(), "first position", stored.first_position, position));
        }
        Ok(())
    }

    fn take_event(&mut self, position: Position, record: &wire::Event, place: &Place) -> Result<(), AuditError> {
        let place = place.clone().in_stream(&record.stream, record.version);
        let wrong =
            |field, found: String, expected: String| differs(Part::Journal, place.clone(), field, found, expected);
        self.check_chain(record, &place)?;
        let decoded = event::decode_recorded(record)
            .map_err(|error| wrong("data", error.to_string(), format!("the data of {}", record.r#type)))?;
        let stream = decoded.stream();
        if stream.to_string() != record.stream {
            return Err(wrong("stream", record.stream.clone(), stream.to_string()));
        }
        self.check_shard(&stream, position, &place)?;
        let at = instant(record.effective_at_us, "effective_at", &place)?;
        let recorded_at = instant(record.recorded_at_us, "recorded_at", &place)?;
        self.counts.events += 1;
        self.times.entry(record.stream.clone()).or_default().add(record.version, at, recorded_at);
        match decoded {
            StreamEvent::Licensee { licensee, event } => {
                if let Event::MemberAdded { user, .. } = &event {
                    self.user(user).name(at, recorded_at);
                }
                self.fold(&licensee, &event, at, position, &place)
            }
            StreamEvent::User { user, event } => {
                let known = self.user(&user);
                known.status = event.status();
                known.name(at, recorded_at);
                Ok(())
            }
        }
    }

    /// Versions from 1 without a gap, each event chained to the one before it.
    fn check_chain(&mut self, record: &wire::Event, place: &Place) -> Result<(), AuditError> {
        let before = self.streams.get(&record.stream).copied();
        let before = before.unwrap_or(StreamEnd { version: 0, hash: chain::START });
        let version = before.version.saturating_add(1);
        if record.version != version {
            return Err(differs(Part::Journal, place.clone(), "version", record.version, version));
        }
        let hash = chain::verify(&before.hash, record).map_err(|_| {
            let expected = hex::encode(chain::hash(&before.hash, record));
            differs(Part::Journal, place.clone(), "hash", hex::encode(&record.hash), expected)
        })?;
        match self.streams.get_mut(&record.stream) {
            Some(end) => *end = StreamEnd { version, hash },
            None => drop(self.streams.insert(record.stream.clone(), StreamEnd { version, hash })),
        }
        self.check_sealed_event(record, &hash, place)
    }

    fn check_shard(&self, stream: &StreamName, position: Position, place: &Place) -> Result<(), AuditError> {
        let id = match stream {
            StreamName::Licensee(licensee) => licensee.as_str(),
            StreamName::User(user) => user.as_str(),
        };
        let shard = shard_of(id, self.shards());
        if shard == position.shard {
            return Ok(());
        }
        Err(differs(Part::Journal, place.clone(), "shard", position.shard, shard))
    }

    fn fold(
        &mut self,
        licensee: &LicenseeId,
        event: &Event,
        at: Instant,
        position: Position,
        place: &Place,
    ) -> Result<(), AuditError> {
        if let Event::MemberAdded { user, .. } | Event::SeatAssigned { user, .. } = event {
            self.user(user).licensees.insert(licensee.clone());
        }
        if let Event::SeatRemoved { reason, .. } = event {
            *self.counts.removals.entry(*reason).or_default() += 1;
        }
        let known = self.licensee(licensee, position);
        known.state.evolve(event, at);
        self.note_block_account(licensee, place);
        self.check_kept_states(licensee, place)
    }

    fn note_block_account(&mut self, licensee: &LicenseeId, place: &Place) {
        let Some(accounts) = &mut self.block_accounts else { return };
        let Some(known) = self.licensees.get(licensee) else { return };
        if known.state.version().is_multiple_of(BLOCK_EVENTS) {
            let stream = licensee_stream(licensee);
            accounts.push(BlockAccount { place: place.clone(), stream, account: known.state.account().clone() });
        }
    }

    /// Compares the states that are kept at the version to which the licensee has come.
    fn check_kept_states(&mut self, licensee: &LicenseeId, place: &Place) -> Result<(), AuditError> {
        let Some(known) = self.licensees.get(licensee) else { return Ok(()) };
        let Some(marks) = self.kept_states.get_mut(licensee) else { return Ok(()) };
        while let Some(mark) = marks.pop_if(|mark| mark.version == known.state.version()) {
            if !mark.is_of(&known.state)? {
                let expected = "what the events up to it give";
                return Err(differs(Part::Index, place.clone(), mark.kept_as.name(), mark.found(), expected));
            }
        }
        if marks.is_empty() {
            self.kept_states.remove(licensee);
        }
        Ok(())
    }

    fn take_use(&mut self, user: &UserId, kept: KeptUse) {
        let known = self.user(user);
        known.note(kept);
        known.name(kept.noted_at, kept.recorded_at);
    }

    fn take_outcome(&mut self, position: Position, outcome: &Outcome, place: &Place) -> Result<(), AuditError> {
        if let Some(refusal) = &outcome.refusal {
            self.counts.refusals += 1;
            *self.counts.refused.entry(refusal.code.clone()).or_default() += 1;
            if !outcome.licensee.is_empty() {
                *self.counts.named_refusals.entry(position.shard).or_default() += 1;
            }
            return Ok(());
        }
        // A refused command changes nothing (R35): a user whom only it named stays unknown.
        if !outcome.user.is_empty() {
            let place = place.clone().and_command(&outcome.command_id);
            let user = parsed_user(&outcome.user, &place)?;
            let (effective_at, recorded_at) = times_of(outcome, &place)?;
            self.user(&user).name(effective_at, recorded_at);
        }
        Ok(())
    }

    fn take_timer(&mut self, timer: &wire::NextTimer, place: &Place) -> Result<(), AuditError> {
        match timer.due_at_us {
            Some(due_at_us) => {
                let due_at = instant(due_at_us, "timer", place)?;
                self.next_due.insert(timer.licensee.clone(), due_at);
            }
            None => drop(self.next_due.remove(&timer.licensee)),
        }
        Ok(())
    }
}

fn parsed_user(text: &str, place: &Place) -> Result<UserId, AuditError> {
    UserId::parse(text).map_err(|error| differs(Part::Journal, place.clone(), "user", format!("{text:?}"), error))
}

/// When what an outcome tells of took effect, and when it was recorded.
fn times_of(outcome: &Outcome, place: &Place) -> Result<(Instant, Instant), AuditError> {
    let effective_at = instant(outcome.effective_at_us, "effective_at", place)?;
    Ok((effective_at, instant(outcome.recorded_at_us, "recorded_at", place)?))
}

fn instant(micros: i64, field: &str, place: &Place) -> Result<Instant, AuditError> {
    let expected = "an instant in microseconds since 1970";
    Instant::from_timestamp_micros(micros).ok_or_else(|| differs(Part::Journal, place.clone(), field, micros, expected))
}
