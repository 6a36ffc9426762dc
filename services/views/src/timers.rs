//! What time alone will change, and when.

use licensing::{Instant, LicenseeId, TimerKind};
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

/// By due time, then licensee; of one licensee in the order in which timers of one instant go.
fn sorted(mut timers: Vec<TimerView>) -> Vec<TimerView> {
    timers
        .sort_by(|one, other| (one.due_at, &one.licensee, one.kind).cmp(&(other.due_at, &other.licensee, other.kind)));
    timers
}
