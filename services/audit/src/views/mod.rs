//! The read models, held against the replay: through what they answer, row by row.

mod expected;
mod licensees;
mod members;
mod refusals;
mod users;

use std::{collections::BTreeMap, ops::Bound};

use licensing::LicenseeId;
use serde_json::{Map, Value, json};
use views::{StrayColumns, StrayMember, TimerView};

use crate::{
    AuditError, Part, Place,
    auditor::Auditor,
    compare::{first_mismatch, form},
    error::differs,
    replay::Replay,
};

/// The largest page of a list.
const PAGE_ITEMS: usize = 1_000;

impl Auditor<'_> {
    /// Compares everything that the views show with the replay.
    pub(crate) fn check_views(&mut self) -> Result<(), AuditError> {
        self.check_licensees()?;
        self.check_columns()?;
        self.check_noted_seats()?;
        self.check_timers()?;
        self.check_users()?;
        self.check_refusals()?;
        self.check_refusal_counts()?;
        self.check_totals()
    }

    /// What other people's programs read beside us has to be what we show.
    fn check_columns(&self) -> Result<(), AuditError> {
        let Some(StrayColumns { licensee, found, expected }) = self.subject.views.stray_columns()? else {
            return Ok(());
        };
        let Some(mismatch) = first_mismatch(&found, &expected) else { return Ok(()) };
        let (place, field) = (Place::of_licensee(licensee.as_str()), format!("column {}", mismatch.field()));
        Err(differs(Part::Views, place, field, mismatch.found, mismatch.expected))
    }

    /// What filters find members with a seat by has to agree with the seats, which are compared with the replay.
    fn check_noted_seats(&self) -> Result<(), AuditError> {
        let Some(StrayMember { licensee, user, found }) = self.subject.views.stray_member()? else { return Ok(()) };
        let place = Place::of_licensee(licensee.as_str()).and_user(user.as_str());
        Err(differs(Part::Views, place, "column seated", found, !found))
    }

    fn check_timers(&mut self) -> Result<(), AuditError> {
        let catalogue = self.subject.catalogue.clone();
        let armed = move |replay: &Replay| {
            let mut rows = Map::new();
            for (licensee, known) in &replay.licensees {
                for timer in known.state.account().armed_timers(&catalogue) {
                    let (kind, due_at) = (timer.kind, timer.due);
                    add_timer(&mut rows, &TimerView { licensee: licensee.clone(), kind, due_at })?;
                }
            }
            Ok(Value::Object(rows))
        };
        let mismatch = self.settled("the timers of the views", armed, |subject| {
            let mut rows = Map::new();
            subject.views.timers(None)?.iter().try_for_each(|timer| add_timer(&mut rows, timer))?;
            Ok(Value::Object(rows))
        })?;
        let Some(mismatch) = mismatch else { return Ok(()) };
        let (place, field) = (Place::of_licensee(mismatch.row()), format!("timers: {}", mismatch.field_in_row()));
        Err(differs(Part::Views, place, field, mismatch.found, mismatch.expected))
    }

    fn check_refusal_counts(&mut self) -> Result<(), AuditError> {
        let what = "the counts of refusals";
        let counted = |replay: &Replay| form(what, &replay.counts.refused);
        let mismatch = self.settled(what, counted, |subject| form(what, &subject.views.refused()?))?;
        let Some(mismatch) = mismatch else { return Ok(()) };
        let field = format!("refused: {}", mismatch.field());
        Err(differs(Part::Views, Place::default(), field, mismatch.found, mismatch.expected))
    }

    fn check_totals(&mut self) -> Result<(), AuditError> {
        let mismatch = self.settled("the totals of the views", expected::totals, |subject| {
            form("the totals", &subject.views.totals()?)
        })?;
        let Some(mismatch) = mismatch else { return Ok(()) };
        let field = format!("totals: {}", mismatch.field());
        Err(differs(Part::Views, Place::default(), field, mismatch.found, mismatch.expected))
    }
}

/// Adds a timer to those of its licensee: by due time, those of one instant by kind.
fn add_timer(rows: &mut Map<String, Value>, timer: &TimerView) -> Result<(), AuditError> {
    let of_licensee = rows.entry(timer.licensee.as_str()).or_insert_with(|| json!([]));
    if let Some(timers) = of_licensee.as_array_mut() {
        timers.push(form("a timer", &json!({"kind": timer.kind, "due_at": timer.due_at}))?);
    }
    Ok(())
}

/// The licensees after one in byte order.
fn after<'a, T>(
    rows: &'a BTreeMap<LicenseeId, T>,
    last: Option<&LicenseeId>,
) -> impl Iterator<Item = (&'a LicenseeId, &'a T)> + use<'a, T> {
    let start = last.map_or(Bound::Unbounded, |last| Bound::Excluded(last.clone()));
    rows.range((start, Bound::Unbounded))
}
