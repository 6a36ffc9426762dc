//! Writing to the tables what commits change.

use journal::StoredCommit;
use rusqlite::Connection;

use super::{licensees, marks, members, refusals, seats, timers, totals, users};
use crate::{changes::Changes, marks::Mark};

/// Writes what commits change and how far the tables are then, in one transaction.
pub(super) fn write(connection: &mut Connection, commits: &[StoredCommit], changes: &Changes) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    apply(&transaction, changes)?;
    commits.iter().try_for_each(|commit| marks::put(&transaction, &Mark::of(commit)))?;
    transaction.commit()
}

fn apply(connection: &Connection, changes: &Changes) -> rusqlite::Result<()> {
    for (licensee, touched) in &changes.licensees {
        licensees::put(connection, licensee, touched)?;
        if let Some(timers) = &touched.timers {
            timers::put(connection, licensee, timers)?;
        }
    }
    for ((licensee, user), change) in &changes.members {
        members::change(connection, licensee, user, change)?;
    }
    changes.seats.iter().try_for_each(|(key, seat)| seats::change(connection, key, seat.as_ref()))?;
    changes.users.iter().try_for_each(|(user, status)| users::name(connection, user, *status))?;
    changes.uses.iter().try_for_each(|(user, at)| users::use_at(connection, user, *at))?;
    changes.refusals.iter().try_for_each(|(position, command)| refusals::put(connection, *position, command))?;
    changes.differences.values().try_for_each(|difference| totals::add(connection, difference))
}
