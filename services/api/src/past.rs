//! What was so at an instant, by effective time: the events that had taken effect by then, folded.

use chrono::DateTime;
use contract::event::{DecodeError, StreamEvent, StreamName, decode};
use journal::{Position, StoredEvent};
use licensing::{
    FeatureId, Instant, Licensee, LicenseeId, User, UserId,
    access::{self, Access},
};
use views::LicenseeView;

use crate::{
    Services,
    problem::{Problem, ProblemCode},
};

/// How many events are read at one go.
const EVENTS_AT_ONCE: usize = 10_000;

/// An event of the past that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("event {version} of {stream} cannot be read")]
struct Unreadable {
    stream: String,
    version: u64,
    #[source]
    source: DecodeError,
}

/// Refuses an instant that has not come.
pub(crate) fn check_past(services: &Services, at: Instant) -> Result<(), Problem> {
    let now = services.engine.now();
    if at <= now {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::MalformedRequest, "as_of is later than now: what will be is not known"))
}

/// A licensee as it was; `None` before its first event. Blocks.
pub(crate) fn licensee_at(
    services: &Services,
    licensee: &LicenseeId,
    at: Instant,
) -> Result<Option<LicenseeView>, Problem> {
    let Some((state, position)) = fold(services, licensee, at)? else { return Ok(None) };
    let details = services.journal.licensee_details(licensee.as_str())?;
    Ok(Some(LicenseeView {
        licensee: licensee.clone(),
        name: details.map(|details| details.name),
        summary: state.account().summary(services.engine.catalogue()),
        position,
    }))
}

/// Whether a user might use a feature at an instant (R31, R32), through the licensees whose member the user still is.
/// Blocks.
pub(crate) fn access_at(
    services: &Services,
    user: &UserId,
    feature: &FeatureId,
    at: Instant,
) -> Result<Access, Problem> {
    let mut state = User::default();
    for_each_event(services, &StreamName::User(user.clone()), at, |_, event, _| {
        if let StreamEvent::User { event, .. } = event {
            state.evolve(event);
        }
    })?;
    let mut standings = Vec::new();
    for id in services.index.memberships(user.as_str())? {
        let Ok(licensee) = LicenseeId::parse(&id) else { continue };
        let Some((past, _)) = fold(services, &licensee, at)? else { continue };
        if past.roster().member(user).is_some() {
            let seats: Vec<_> = past.roster().seats_of(user).cloned().collect();
            standings.push((licensee, past, seats));
        }
    }
    let memberships: Vec<_> = standings
        .iter()
        .map(|(licensee, past, seats)| access::Membership { licensee, account: past.account(), seats })
        .collect();
    Ok(access::check(state.status(), &memberships, feature, at, services.engine.catalogue()))
}

/// A licensee with members and seats, and where its last event by then lies; `None` before its first.
fn fold(services: &Services, licensee: &LicenseeId, at: Instant) -> Result<Option<(Licensee, Position)>, Problem> {
    let mut state = Licensee::default();
    let mut last = None;
    for_each_event(services, &StreamName::Licensee(licensee.clone()), at, |position, event, effective_at| {
        if let StreamEvent::Licensee { event, .. } = event {
            state.evolve(&event, effective_at);
        }
        last = Some(position);
    })?;
    Ok(last.map(|position| (state, position)))
}

/// Visits the events of a stream that had taken effect at an instant, in order.
pub(crate) fn for_each_event(
    services: &Services,
    stream: &StreamName,
    at: Instant,
    mut visit: impl FnMut(Position, StreamEvent, Instant),
) -> Result<(), Problem> {
    let stream = stream.to_string();
    let mut after_version = 0;
    loop {
        let page = services.index.stream(&stream, after_version, EVENTS_AT_ONCE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after_version = last.event.version;
        for StoredEvent { position, event } in page {
            let effective_at = DateTime::from_timestamp_micros(event.effective_at_us).unwrap_or_default();
            if effective_at > at {
                continue;
            }
            let decoded = decode(&event.r#type, event.schema_version, &event.data).map_err(|source| {
                Problem::internal(&Unreadable { stream: stream.clone(), version: event.version, source })
            })?;
            visit(position, decoded, effective_at);
        }
    }
}
