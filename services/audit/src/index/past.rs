//! What the index tells of the past as a whole (ADR 13), held against the replay.

use std::collections::BTreeSet;

use journal::{EventBlock, FirstNamed, IndexInspection, RowCounts};
use licensing::LicenseeId;
use serde_json::{Map, Value, json};

use super::form::shown;
use crate::{
    AuditError, Part, Place, Subject,
    auditor::Auditor,
    error::differs,
    replay::{KnownLicensee, KnownUser, Replay, StateMark},
};

/// Adds to a user's row what the index tells of the past.
pub(super) fn add_found(row: &mut Value, index: &dyn IndexInspection, user: &str) -> Result<(), AuditError> {
    add(row, index.first_named(user)?, json!(index.memberships_ever(user)?), index.count_of_kept_uses(user)?);
    Ok(())
}

/// Adds to a user's row what the index should tell of the past.
pub(super) fn add_expected(row: &mut Value, known: &KnownUser) {
    add(row, known.first_named, json!(known.licensees), known.uses);
}

fn add(row: &mut Value, first_named: Option<FirstNamed>, memberships_ever: Value, uses: u64) {
    let Some(row) = row.as_object_mut() else { return };
    let first_named = first_named.map(|FirstNamed { effective_at, recorded_at }| {
        json!({"effective_at": shown(effective_at), "recorded_at": shown(recorded_at)})
    });
    row.insert("first named".to_owned(), json!(first_named));
    row.insert("memberships ever".to_owned(), memberships_ever);
    row.insert("number of uses".to_owned(), json!(uses));
}

impl Auditor<'_> {
    /// Compares the times of the blocks of every stream that is long enough to have any.
    pub(crate) fn check_blocks(&mut self) -> Result<(), AuditError> {
        let long = self.replay.times.iter().filter(|(_, times)| !times.whole().is_empty());
        let streams: BTreeSet<String> = long.map(|(stream, _)| stream.clone()).collect();
        for stream in &streams {
            let in_replay = |replay: &Replay| Ok(form_of_blocks(replay.times.get(stream).map_or(&[], |t| t.whole())));
            let mismatch =
                self.settled(stream, in_replay, |subject| Ok(form_of_blocks(&subject.index.blocks(stream)?)))?;
            if let Some(mismatch) = mismatch {
                let (place, field) = (Place::of_stream(stream), format!("times of the block: {}", mismatch.field()));
                return Err(differs(Part::Index, place, field, mismatch.found, mismatch.expected));
            }
        }
        Ok(())
    }

    /// Compares how many rows there are: after all that should be there was compared, what is too many is of strangers.
    pub(crate) fn check_row_counts(&mut self) -> Result<(), AuditError> {
        let expected = |replay: &Replay| Ok(form_of_counts(&expected_counts(replay)));
        let found = |subject: &Subject| Ok(form_of_counts(&subject.index.row_counts()?));
        let Some(mismatch) = self.settled("the index", expected, found)? else { return Ok(()) };
        let field = format!("number of rows: {}", mismatch.field());
        Err(differs(Part::Index, Place::default(), field, mismatch.found, mismatch.expected))
    }

    /// A state that no event led to is of a version that the stream does not have.
    pub(crate) fn check_kept_states_are_met(&self) -> Result<(), AuditError> {
        let first: Option<(&LicenseeId, &StateMark)> =
            self.replay.kept_states.iter().find_map(|(licensee, marks)| Some((licensee, marks.last()?)));
        let Some((licensee, mark)) = first else { return Ok(()) };
        let reached = self.replay.licensees.get(licensee).map_or(0, |known| known.state.version());
        let (place, expected) = (Place::of_licensee(licensee.as_str()), format!("{reached} at most"));
        let field = format!("version of the {}", mark.kept_as.name());
        Err(differs(Part::Index, place, field, mark.version, expected))
    }
}

/// The blocks by the versions that they end with.
fn form_of_blocks(blocks: &[EventBlock]) -> Value {
    let form = |block: &EventBlock| {
        let EventBlock { last_version, effective_min, effective_max, recorded_max } = *block;
        let times = json!({
            "effective_min": shown(effective_min),
            "effective_max": shown(effective_max),
            "recorded_max": shown(recorded_max),
        });
        // With zeros in front, so that the first that differs is the first in the order of texts too.
        (format!("{last_version:020}"), times)
    };
    Value::Object(blocks.iter().map(form).collect::<Map<_, _>>())
}

fn expected_counts(replay: &Replay) -> RowCounts {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let users = || replay.users.values();
    let members = |of: &KnownLicensee| u64::from(of.state.account().members());
    RowCounts {
        streams: count(replay.streams.len()),
        events: replay.counts.events,
        blocks: replay.times.values().map(|times| count(times.whole().len())).sum(),
        last_uses: count(users().filter(|known| known.last_use.is_some()).count()),
        uses: users().map(|known| known.uses).sum(),
        memberships: replay.licensees.values().map(members).sum(),
        memberships_ever: users().map(|known| count(known.licensees.len())).sum(),
        first_named: count(users().filter(|known| known.first_named.is_some()).count()),
        concerns: replay.licensees.values().map(|known| known.state.version()).sum(),
    }
}

fn form_of_counts(counts: &RowCounts) -> Value {
    let RowCounts { streams, events, blocks, last_uses, uses, memberships, memberships_ever, first_named, concerns } =
        *counts;
    json!({
        "streams": streams,
        "events": events,
        "blocks": blocks,
        "last uses": last_uses,
        "uses": uses,
        "memberships": memberships,
        "memberships ever": memberships_ever,
        "first named": first_named,
        "concerns": concerns,
    })
}
