//! What moved at a licensee between two instants.

use std::{fmt, str::FromStr};

use axum::{Json, extract::State};
use chrono::DateTime;
use explain::{Diff, Differ, Move, MovesWanted, NetTotals, Range};
use journal::Position;
use licensing::{Instant, LicenseeId, Summary};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use views::LicenseeView;

use super::history::wait_for_index;
use crate::{
    Services,
    app::App,
    extract::{LicenseePath, Limit, Path, Query, Time, optional, parsed},
    facts::for_each_fact,
    past::check_as_of,
    problem::Problem,
    schema_of_reasons as schema,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The state as of this time is held against a later one; not later than now.
    #[serde(deserialize_with = "parsed")]
    #[param(value_type = String, format = DateTime)]
    from: Time,
    /// The later time; what took effect at it has moved already. Not later than now, which it is if absent.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// Where the page of moves before ended; it belongs to the same query.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// The most moves of the page.
    #[serde(default, deserialize_with = "parsed")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
}

/// Behind which version a page begins, and up to when the first page told; opaque to the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    after_version: u64,
    to: Instant,
}

/// A text that is no cursor of a diff.
#[derive(Debug, thiserror::Error)]
#[error("the cursor cannot be read: send next_cursor as it was given, unchanged")]
pub(super) struct InvalidCursor;

/// What moved, as it is answered.
#[derive(Serialize)]
pub(super) struct Answer {
    licensee: LicenseeId,
    from: Instant,
    to: Instant,
    before: Option<LicenseeView>,
    after: Option<LicenseeView>,
    net: NetTotals,
    items: Vec<Move>,
    next_cursor: Option<String>,
}

/// Where the last event lies that had taken effect by either end.
#[derive(Default)]
struct Ends {
    before: Option<Position>,
    after: Option<Position>,
}

/// Tells what moved between two instants, by effective time: seats, members, what was sold; and why.
#[utoipa::path(get, path = "/v1/licensees/{licensee}/diff", operation_id = "diff_licensee", tag = "licensees",
    params(LicenseePath, Parameters), responses((status = 200, body = schema::Diff)))]
pub(super) async fn show(
    State(app): State<App>,
    Path(LicenseePath { licensee }): Path<LicenseePath>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Answer>, Problem> {
    let answer = app.blocking(move |services| tell(services, licensee, &parameters)).await?;
    Ok(Json(answer))
}

fn tell(services: &Services, licensee: LicenseeId, parameters: &Parameters) -> Result<Answer, Problem> {
    let range = range_of(services, parameters)?;
    wait_for_index(services, &licensee)?;
    let after_version = parameters.cursor.map_or(0, |cursor| cursor.after_version);
    let wanted = MovesWanted { after_version, limit: parameters.limit.get() };
    let mut differ = Differ::new(services.engine.catalogue(), range, wanted);
    let mut ends = Ends::default();
    for_each_fact(services, &licensee, |position, fact| {
        ends.note(range, fact.cited.effective_at, position);
        differ.note(fact);
    })?;
    let Diff { before, after, net, moves, more } = differ.finish();
    // As for `as_of`: a licensee that had no event by then is not known yet.
    let after = after.ok_or_else(Problem::unknown_licensee)?;
    let name = services.journal.licensee_details(licensee.as_str())?.map(|details| details.name);
    let view = |summary: Option<Summary>, position: Option<Position>| {
        let (summary, position) = summary.zip(position)?;
        Some(LicenseeView { licensee: licensee.clone(), name: name.clone(), summary, position })
    };
    let last = moves.last().filter(|_| more);
    Ok(Answer {
        before: view(before, ends.before),
        after: view(Some(after), ends.after),
        next_cursor: last.map(|last| Cursor { after_version: last.event.version, to: range.to }.to_string()),
        licensee,
        from: range.from,
        to: range.to,
        net,
        items: moves,
    })
}

fn range_of(services: &Services, parameters: &Parameters) -> Result<Range, Problem> {
    let from = parameters.from.instant();
    let to_of_the_first_page = parameters.cursor.map(|cursor| cursor.to);
    let asked = parameters.to.map(Time::instant).or(to_of_the_first_page);
    let to = asked.unwrap_or_else(|| services.engine.now());
    check_as_of(services, from)?;
    check_as_of(services, to)?;
    if from > to {
        return Err(Problem::malformed("from is later than to: exchange them"));
    }
    Ok(Range { from, to })
}

impl Ends {
    fn note(&mut self, range: Range, effective_at: Instant, position: Position) {
        if effective_at <= range.from {
            self.before = Some(position);
        }
        if effective_at <= range.to {
            self.after = Some(position);
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{}.{}", self.after_version, self.to.timestamp_micros())
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (version, micros) = text.strip_prefix('d').and_then(|rest| rest.split_once('.')).ok_or(InvalidCursor)?;
        let is_number = version.bytes().all(|byte| byte.is_ascii_digit());
        let after_version = version.parse().ok().filter(|_| is_number).ok_or(InvalidCursor)?;
        let to = micros.parse().ok().and_then(DateTime::from_timestamp_micros).ok_or(InvalidCursor)?;
        Ok(Self { after_version, to })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_given() {
        let cursor = Cursor { after_version: 57, to: "2025-01-01T00:00:00.000001Z".parse().unwrap() };
        assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        for bad in ["", "57", "d57", "d57.", "d.1", "d-1.1", "d+1.1", "d1.x", "e57", "d1.99999999999999999999"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad:?} was taken");
        }
    }
}
