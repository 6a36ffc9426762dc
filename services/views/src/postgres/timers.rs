//! What time alone will change, and when.

use licensing::{Instant, LicenseeId, Timer};
use postgres::{Row, Transaction, types::Type};

use super::{
    calls::{Calls, instants, integers, texts},
    database::Failure,
    value::{id, plain, word},
};
use crate::TimerView;

/// Sets what is armed of some licensees.
pub(super) fn put<'a>(calls: &mut Calls<'a>, armed: impl Iterator<Item = (&'a LicenseeId, &'a [Timer])>) {
    let (mut changed, mut columns) = (Vec::new(), Columns::default());
    for (licensee, timers) in armed {
        changed.push(licensee.as_str());
        (0..).zip(timers).for_each(|(place, timer)| columns.push(licensee, place, timer));
    }
    if changed.is_empty() {
        return;
    }
    let Columns { licensees, places, kinds, due_at } = columns;
    calls.add("put_timers", [texts(changed), texts(licensees), integers(places), texts(kinds), instants(due_at)]);
}

#[derive(Default)]
struct Columns<'a> {
    licensees: Vec<&'a str>,
    places: Vec<i32>,
    kinds: Vec<&'static str>,
    due_at: Vec<Instant>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, licensee: &'a LicenseeId, place: i32, timer: &Timer) {
        self.licensees.push(licensee.as_str());
        self.places.push(place);
        self.kinds.push(timer.kind.as_str());
        self.due_at.push(timer.due);
    }
}

/// What is armed, of one licensee or of all.
pub(super) fn kept(
    transaction: &mut Transaction<'_>,
    licensee: Option<&LicenseeId>,
) -> Result<Vec<TimerView>, Failure> {
    let rows = transaction.query_typed(
        "SELECT licensee, kind, due_at FROM usher_views.timers WHERE $1 IS NULL OR licensee = $1",
        &[(&licensee.map(LicenseeId::as_str), Type::TEXT)],
    )?;
    rows.iter().map(read_timer).collect()
}

fn read_timer(row: &Row) -> Result<TimerView, Failure> {
    Ok(TimerView { licensee: id(row, 0)?, kind: word(row, 1)?, due_at: plain(row, 2)? })
}
