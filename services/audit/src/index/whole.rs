//! What the index comes to as a whole, held against the replay.

use journal::chain;
use licensing::{Instant, LicenseeId, UserId};
use serde_json::{Value, json};

use super::{ASKED_AT_ONCE, past};
use crate::{AuditError, Part, Place, Stage, auditor::Auditor, error::differs, replay::Replay};

impl Auditor<'_> {
    /// Compares what the index tells of streams, users and licensees with the replay.
    pub(crate) fn check_index(&mut self) -> Result<(), AuditError> {
        self.check_stream_ends()?;
        self.check_blocks()?;
        self.check_users_in_index()?;
        self.check_row_counts()?;
        let recorded =
            |replay: &Replay| Ok(form_of_timers(replay.next_due.iter().map(|(id, due)| (id.as_str(), *due))));
        let mismatch = self.settled("the timers of the index", recorded, |subject| {
            let timers = subject.index.timers()?;
            Ok(form_of_timers(timers.iter().map(|timer| (timer.licensee.as_str(), timer.due_at))))
        })?;
        match mismatch {
            Some(mismatch) => {
                let place = Place::of_licensee(mismatch.row());
                Err(differs(Part::Index, place, "next timer", mismatch.found, mismatch.expected))
            }
            None => Ok(()),
        }
    }

    fn check_stream_ends(&mut self) -> Result<(), AuditError> {
        let streams: Vec<String> = self.replay.streams.keys().cloned().collect();
        for (done, stream) in (0..).zip(&streams) {
            self.tell(Stage::Streams, done);
            let in_replay = |replay: &Replay| {
                let end = replay.streams.get(stream).copied();
                Ok(end.map_or(Value::Null, |end| form_of_end(end.version, &end.hash, false)))
            };
            let mismatch = self.settled(stream, in_replay, |subject| {
                let Some(head) = subject.index.stream_head(stream)? else { return Ok(Value::Null) };
                let beyond = subject.index.stream(stream, head.version, 1)?;
                Ok(form_of_end(head.version, &head.hash, !beyond.is_empty()))
            })?;
            if let Some(mismatch) = mismatch {
                let (place, field) = (Place::of_stream(stream), format!("stream head: {}", mismatch.field()));
                return Err(differs(Part::Index, place, field, mismatch.found, mismatch.expected));
            }
        }
        Ok(())
    }

    fn check_users_in_index(&mut self) -> Result<(), AuditError> {
        let users: Vec<UserId> = self.replay.users.keys().cloned().collect();
        for some in users.chunks(ASKED_AT_ONCE) {
            let mismatch = self.settled(
                "the users of the index",
                |replay| Ok(users_of(replay, some)),
                |subject| {
                    let ids: Vec<&str> = some.iter().map(UserId::as_str).collect();
                    let uses = subject.index.last_uses(&ids)?;
                    let row = |(user, last_use): (&str, _)| {
                        let memberships = subject.index.memberships(user)?;
                        let mut row = json!({"last use": last_use, "memberships": memberships});
                        past::add_found(&mut row, &*subject.index, user)?;
                        Ok((user.to_owned(), row))
                    };
                    ids.iter().copied().zip(uses).map(row).collect::<Result<_, AuditError>>().map(Value::Object)
                },
            )?;
            if let Some(mismatch) = mismatch {
                let (place, field) = (Place::of_user(mismatch.row()), mismatch.field_in_row());
                return Err(differs(Part::Index, place, field, mismatch.found, mismatch.expected));
            }
        }
        Ok(())
    }
}

fn users_of(replay: &Replay, users: &[UserId]) -> Value {
    let row = |user: &UserId| {
        let known = replay.users.get(user)?;
        let is_member = |licensee: &&LicenseeId| {
            let of_licensee = replay.licensees.get(*licensee);
            of_licensee.is_some_and(|of_licensee| of_licensee.state.roster().member(user).is_some())
        };
        let memberships: Vec<&LicenseeId> = known.licensees.iter().filter(is_member).collect();
        let mut row = json!({"last use": known.last_used_at(), "memberships": memberships});
        past::add_expected(&mut row, known);
        Some((user.as_str().to_owned(), row))
    };
    Value::Object(users.iter().filter_map(row).collect())
}

fn form_of_end(version: u64, hash: &chain::Hash, has_more: bool) -> Value {
    json!({"version": version, "hash": hash.as_slice(), "more behind it": has_more})
}

fn form_of_timers<'a>(timers: impl Iterator<Item = (&'a str, Instant)>) -> Value {
    Value::Object(timers.map(|(licensee, due_at)| (licensee.to_owned(), json!(due_at))).collect())
}
