//! What moves the clock of a store.

use chrono::{TimeDelta, Utc};
use engine::ClockMode;
use journal::{Journal, JournalError};
use licensing::Instant;

/// How far the machine's clock may be from the one that decided by it.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(1);

/// What moves a store's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clock {
    /// What somebody chose.
    Mode(ClockMode),
    /// Nothing: the store is only looked at.
    StandStill,
    /// What moved it before, as far as it can be told: the machine's time, or nothing.
    AsBefore,
}

impl Clock {
    pub(super) fn mode(self, journal: &dyn Journal) -> Result<ClockMode, JournalError> {
        match self {
            Self::Mode(mode) => Ok(mode),
            Self::StandStill => Ok(ClockMode::Manual(None)),
            Self::AsBefore => clock_as_before(journal),
        }
    }
}

/// What moved the clock of a store when it was written last: the machine's time if the clock stood at it then, or somewhere
/// since; otherwise somebody or the messages, who are not here, so that it stands still.
pub(super) fn clock_as_before(journal: &dyn Journal) -> Result<ClockMode, JournalError> {
    let (Some(kept), Some(last_recorded_at)) = (journal.clock()?, last_recorded_at(journal)?) else {
        return Ok(ClockMode::System);
    };
    let is_the_machines = last_recorded_at - CLOCK_TOLERANCE <= kept && kept <= Utc::now() + CLOCK_TOLERANCE;
    Ok(if is_the_machines { ClockMode::System } else { ClockMode::Manual(None) })
}

fn last_recorded_at(journal: &dyn Journal) -> Result<Option<Instant>, JournalError> {
    let mut last = None;
    for head in journal.heads()? {
        let Some(before) = head.commit_number.checked_sub(1) else { continue };
        let commits = journal.read(head.shard, before, 1)?;
        last = last.max(commits.last().map(|commit| commit.recorded_at));
    }
    Ok(last)
}
