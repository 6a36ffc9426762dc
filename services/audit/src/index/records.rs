//! What the index gives of the records of commits, held against them.

use std::collections::{BTreeMap, BTreeSet};

use contract::{
    event::{StreamEvent, decode_recorded},
    proto::journal::{Event, Outcome, record::Kind},
};
use journal::{
    Concern, EventMark, HistoryFilter, IndexInspection, PersonalEvent, Position, StoredEvent, StoredOutcome,
};

use super::{
    ASKED_AT_ONCE,
    form::{shown, shown_us},
};
use crate::{AuditError, Part, Place, error::differs, replay::ReadCommit};

/// Checks that the index gives the events and outcomes of these commits, which follow each other, as they are.
pub(crate) fn check_records(index: &dyn IndexInspection, commits: &[ReadCommit]) -> Result<(), AuditError> {
    let records = || commits.iter().flat_map(|commit| &commit.records);
    let mut streams: BTreeMap<&str, Vec<(Position, &Event)>> = BTreeMap::new();
    for (position, kind) in records() {
        if let Kind::Event(event) = kind {
            streams.entry(&event.stream).or_default().push((*position, event));
        }
    }
    for (stream, events) in &streams {
        check_events(index, stream, events)?;
        check_marks(index, stream, events)?;
        check_concerns(index, stream, events)?;
    }
    let outcomes: Vec<(Position, &Outcome)> = records()
        .filter_map(|(position, kind)| match kind {
            Kind::Outcome(outcome) if !outcome.id_reused => Some((*position, outcome)),
            _ => None,
        })
        .collect();
    outcomes.chunks(ASKED_AT_ONCE).try_for_each(|outcomes| check_outcomes(index, outcomes))
}

fn check_events(index: &dyn IndexInspection, stream: &str, events: &[(Position, &Event)]) -> Result<(), AuditError> {
    let Some((_, first)) = events.first() else { return Ok(()) };
    let mut found = index.stream(stream, first.version.saturating_sub(1), events.len())?.into_iter();
    for (position, event) in events {
        let place = || Place::default().at(*position).in_stream(stream, event.version);
        let wrong =
            |field: &str, found: String, expected: String| differs(Part::Index, place(), field, found, expected);
        let Some(StoredEvent { position: found_at, event: found }) = found.next() else {
            return Err(wrong("event", "missing".to_owned(), format!("the {}", event.r#type)));
        };
        if found_at != *position {
            return Err(wrong("position", format!("{found_at:?}"), format!("{position:?}")));
        }
        if found != **event {
            return Err(wrong("event", format!("{found:?}"), format!("{event:?}")));
        }
    }
    Ok(())
}

/// Checks that the events will be found by what they are.
fn check_marks(index: &dyn IndexInspection, stream: &str, events: &[(Position, &Event)]) -> Result<(), AuditError> {
    let Some((_, first)) = events.first() else { return Ok(()) };
    let found = index.event_marks(stream, first.version.saturating_sub(1), events.len())?;
    for (found, (position, event)) in found.iter().zip(events) {
        let EventMark { event_type, effective_at, recorded_at, .. } = found;
        let fields = [
            ("type that it is found by", event_type.clone(), event.r#type.clone()),
            ("effective time that it is found by", shown(*effective_at), shown_us(event.effective_at_us)),
            ("recorded time that it is found by", shown(*recorded_at), shown_us(event.recorded_at_us)),
        ];
        if let Some((field, found, expected)) = fields.into_iter().find(|(_, found, expected)| found != expected) {
            let place = Place::default().at(*position).in_stream(stream, event.version);
            return Err(differs(Part::Index, place, field, found, expected));
        }
    }
    Ok(())
}

/// Checks that the events will be found by whom they concern, with what they are read by then.
fn check_concerns(index: &dyn IndexInspection, stream: &str, events: &[(Position, &Event)]) -> Result<(), AuditError> {
    let concerns = || events.iter().map(|(position, event)| (*position, *event, concern_of(event)));
    let users: BTreeSet<String> = concerns()
        .filter_map(|(_, _, concern)| match concern {
            Some(Concern::User(user)) => Some(user),
            Some(Concern::Everybody) | None => None,
        })
        .collect();
    let mut personal: BTreeMap<u64, PersonalEvent> = BTreeMap::new();
    for some in users.iter().map(String::as_str).collect::<Vec<_>>().chunks(ASKED_AT_ONCE) {
        let found = index.personal_events_of(stream, some)?;
        personal.extend(found.into_iter().map(|event| (event.version, event)));
    }
    let first = events.first().map_or(0, |(_, event)| event.version);
    let filter = HistoryFilter { version_min: first, limit: events.len(), ..HistoryFilter::default() };
    let of_all = index.history_about(stream, "", &filter)?;
    let of_all: BTreeSet<u64> = of_all.items.into_iter().map(|stored| stored.event.version).collect();
    for (position, event, concern) in concerns() {
        let is_found = match concern {
            Some(Concern::User(user)) => {
                personal.get(&event.version).is_some_and(|found| is_personal_event(found, &user, event))
            }
            Some(Concern::Everybody) => of_all.contains(&event.version),
            None => true,
        };
        if !is_found {
            let place = Place::default().at(position).in_stream(stream, event.version);
            let expected = format!("the {}", event.r#type);
            return Err(differs(Part::Index, place, "event found by whom it concerns", "another, or none", expected));
        }
    }
    Ok(())
}

/// Whom an event of a licensee concerns. One that can't be read concerns nobody here: the replay will name it.
fn concern_of(event: &Event) -> Option<Concern> {
    match decode_recorded(event).ok()? {
        StreamEvent::Licensee { event, .. } => Some(match event.user() {
            Some(user) => Concern::User(user.as_str().to_owned()),
            None => Concern::Everybody,
        }),
        StreamEvent::User { .. } => None,
    }
}

fn is_personal_event(found: &PersonalEvent, user: &str, event: &Event) -> bool {
    let PersonalEvent { user: found_user, version, event_type, schema_version, data, effective_at, recorded_at } =
        found;
    let times = (effective_at.timestamp_micros(), recorded_at.timestamp_micros());
    found_user == user
        && (*version, *schema_version) == (event.version, event.schema_version)
        && (event_type, data) == (&event.r#type, &event.data)
        && times == (event.effective_at_us, event.recorded_at_us)
}

fn check_outcomes(index: &dyn IndexInspection, outcomes: &[(Position, &Outcome)]) -> Result<(), AuditError> {
    let ids: Vec<&str> = outcomes.iter().map(|(_, outcome)| outcome.command_id.as_str()).collect();
    for (found, (position, outcome)) in index.outcomes(&ids)?.iter().zip(outcomes) {
        let found = match found {
            Some(found) if is_outcome(found, *position, outcome) => continue,
            Some(found) => format!("that of {:?} at {:?}", found.outcome.command_id, found.position),
            None => "missing".to_owned(),
        };
        let place = Place::default().at(*position).and_command(&outcome.command_id);
        return Err(differs(Part::Index, place, "outcome", found, "the recorded one"));
    }
    Ok(())
}

/// Whether it is this outcome, or that of the same id used again later, which then has its own turn.
fn is_outcome(found: &StoredOutcome, position: Position, outcome: &Outcome) -> bool {
    if found.position == position {
        return found.outcome == *outcome;
    }
    let is_later = (found.outcome.recorded_at_us, found.position) > (outcome.recorded_at_us, position);
    found.outcome.command_id == outcome.command_id && is_later
}
