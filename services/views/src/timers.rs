//! What time alone will change, and when.

use licensing::{Account, Catalogue, Instant, LicenseeId, Timer, TimerKind};
use serde::Serialize;

use crate::{ViewsError, tables::Tables};

/// A timer that is armed now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimerView {
    /// Whose.
    pub licensee: LicenseeId,
    /// What it does.
    pub kind: TimerKind,
    /// When it goes.
    pub due_at: Instant,
}

/// What is armed, of one licensee or of all, the earliest first.
pub(crate) fn armed(tables: &dyn Tables, licensee: Option<&LicenseeId>) -> Result<Vec<TimerView>, ViewsError> {
    tables.timers(licensee).map(sorted)
}

/// Whether the timers that are kept are those that these accounts arm under a catalogue: another one may arm others.
pub(crate) fn are_current<'a>(
    kept: Vec<TimerView>,
    accounts: impl Iterator<Item = (&'a LicenseeId, &'a Account)>,
    catalogue: &Catalogue,
) -> bool {
    let armed = accounts.flat_map(|(licensee, account)| views_of(licensee, account, catalogue));
    sorted(kept) == sorted(armed.collect())
}

fn views_of(licensee: &LicenseeId, account: &Account, catalogue: &Catalogue) -> Vec<TimerView> {
    let view = |timer: Timer| TimerView { licensee: licensee.clone(), kind: timer.kind, due_at: timer.due };
    account.armed_timers(catalogue).into_iter().map(view).collect()
}

/// By due time, then licensee; of one licensee in the order in which timers of one instant go.
fn sorted(mut timers: Vec<TimerView>) -> Vec<TimerView> {
    timers
        .sort_by(|one, other| (one.due_at, &one.licensee, one.kind).cmp(&(other.due_at, &other.licensee, other.kind)));
    timers
}
