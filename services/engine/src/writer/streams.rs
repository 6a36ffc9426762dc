//! Appending to streams: every event gets its version, its link in the hash chain, and what caused it (R36).

use contract::{
    event::{EncodedEvent, encode_licensee_event, encode_user_event, licensee_stream, user_stream},
    proto::journal::{Event as Record, record::Kind},
};
use journal::{Position, chain};
use licensing::{Event, Instant, LicenseeId, UserEvent, UserId};
use uuid::Uuid;

use super::Writer;
use crate::{
    EngineError,
    recent::CommitRef,
    snapshots::{self, SnapshotDue},
};

/// What caused an event, and when that took effect.
#[derive(Clone, Copy)]
pub(super) struct Cause<'a> {
    pub(super) command_id: &'a str,
    /// The command that gave rise to this one; mostly it is its own.
    pub(super) causation_id: &'a str,
    pub(super) actor: &'a str,
    pub(super) at: Instant,
}

impl<'a> Cause<'a> {
    /// A command that nothing but itself gave rise to.
    pub(super) const fn new(command_id: &'a str, actor: &'a str, at: Instant) -> Self {
        Self { command_id, causation_id: command_id, actor, at }
    }
}

/// Where an event goes.
struct Place<'a> {
    stream: &'a str,
    version: u64,
}

impl Writer {
    /// Appends events to a licensee that is at hand. Gives where its shard ends then.
    pub(super) fn append_to_licensee(
        &mut self,
        licensee: &LicenseeId,
        events: &[Event],
        cause: &Cause<'_>,
    ) -> Result<Position, EngineError> {
        let head = self.head_of(licensee.as_str())?;
        if events.is_empty() {
            return Ok(self.batch.position(head));
        }
        let commit = CommitRef::after(head);
        let stream = licensee_stream(licensee);
        let hot = self.hot.change_licensee(licensee, commit).ok_or_else(|| EngineError::not_at_hand(&stream))?;
        for event in events {
            hot.state.evolve(event, cause.at);
            let place = Place { stream: &stream, version: hot.state.version() };
            let record = record(&place, encode_licensee_event(licensee, event), cause, self.recorded_at);
            hot.hash = chain::hash(&hot.hash, &record);
            self.batch.push(head, Kind::Event(Record { hash: hot.hash.to_vec(), ..record }));
        }
        if snapshots::is_due(&hot.state, hot.snapshot_version) {
            hot.snapshot_version = hot.state.version();
            self.preparing.desk().note_at_hand(licensee, &hot.state);
            self.batch.keep_snapshot(SnapshotDue { licensee: licensee.clone(), state: hot.state.clone() });
        }
        let due = hot.state.next_timer(&self.catalogue).map(|timer| timer.due);
        if self.timers.set(licensee, due) {
            self.batch.set_timer(head.shard, licensee, due);
        }
        self.sweep.note_change(licensee);
        self.note_memberships(licensee, events, commit);
        metrics::counter!("usher_events_total").increment(events.len() as u64);
        Ok(self.batch.position(head))
    }

    /// Appends an event to a user who is at hand. Gives where the shard ends then, and the user's version.
    pub(super) fn append_to_user(
        &mut self,
        user: &UserId,
        event: UserEvent,
        cause: &Cause<'_>,
    ) -> Result<(Position, u64), EngineError> {
        let head = self.head_of(user.as_str())?;
        let stream = user_stream(user);
        let hot =
            self.hot.change_user(user, CommitRef::after(head)).ok_or_else(|| EngineError::not_at_hand(&stream))?;
        hot.state.evolve(event);
        hot.version += 1;
        let place = Place { stream: &stream, version: hot.version };
        let record = record(&place, encode_user_event(user, event), cause, self.recorded_at);
        hot.hash = chain::hash(&hot.hash, &record);
        metrics::counter!("usher_events_total").increment(1);
        let version = hot.version;
        let record = Record { hash: hot.hash.to_vec(), ..record };
        Ok((self.batch.push(head, Kind::Event(record)), version))
    }

    /// Lets the users know of which licensees they are members. Whoever is not at hand learns it when loaded: the
    /// commands that make members have their user at hand.
    fn note_memberships(&mut self, licensee: &LicenseeId, events: &[Event], commit: CommitRef) {
        for event in events {
            match event {
                Event::MemberAdded { user, .. } => {
                    if let Some(hot) = self.hot.change_user(user, commit) {
                        hot.licensees.insert(licensee.clone());
                    }
                }
                Event::MemberRemoved { user } => {
                    if let Some(hot) = self.hot.change_user(user, commit) {
                        hot.licensees.remove(licensee);
                    }
                }
                _ => {}
            }
        }
    }
}

fn record(place: &Place<'_>, encoded: EncodedEvent, cause: &Cause<'_>, recorded_at: Instant) -> Record {
    Record {
        stream: place.stream.to_owned(),
        version: place.version,
        id: Uuid::now_v7().into_bytes().to_vec(),
        r#type: encoded.type_name.to_owned(),
        schema_version: encoded.schema_version,
        effective_at_us: cause.at.timestamp_micros(),
        recorded_at_us: recorded_at.timestamp_micros(),
        command_id: cause.command_id.to_owned(),
        actor: cause.actor.to_owned(),
        correlation_id: cause.command_id.to_owned(),
        causation_id: cause.causation_id.to_owned(),
        data: encoded.data,
        hash: Vec::new(),
    }
}
