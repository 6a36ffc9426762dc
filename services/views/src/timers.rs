//! What time alone will change, and when.

use licensing::{Account, Catalogue, Instant, LicenseeId, Timer, TimerKind};
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use crate::{
    error::ViewsError,
    pool::Pool,
    value::{id, instant, word},
};

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

/// Sets what is armed of a licensee.
pub(crate) fn put(connection: &Connection, licensee: &LicenseeId, timers: &[Timer]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM timers WHERE licensee = ?1")?.execute([licensee.as_str()])?;
    let mut insert =
        connection.prepare_cached("INSERT INTO timers (licensee, place, kind, due_at_us) VALUES (?1, ?2, ?3, ?4)")?;
    for (place, timer) in (0u32..).zip(timers) {
        insert.execute(params![licensee.as_str(), place, timer.kind.as_str(), timer.due.timestamp_micros()])?;
    }
    Ok(())
}

/// Sets what is armed of every licensee anew, unless it is so already: another catalogue may arm other timers.
pub(crate) fn renew<'a>(
    connection: &mut Connection,
    accounts: impl Iterator<Item = (&'a LicenseeId, &'a Account)> + Clone,
    catalogue: &Catalogue,
) -> rusqlite::Result<()> {
    let armed = accounts.clone().flat_map(|(licensee, account)| views_of(licensee, account, catalogue));
    let kept = kept(connection, None)?;
    if sorted(armed.collect()) == sorted(kept) {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM timers", [])?;
    for (licensee, account) in accounts {
        put(&transaction, licensee, &account.armed_timers(catalogue))?;
    }
    transaction.commit()
}

fn views_of(licensee: &LicenseeId, account: &Account, catalogue: &Catalogue) -> Vec<TimerView> {
    let view = |timer: Timer| TimerView { licensee: licensee.clone(), kind: timer.kind, due_at: timer.due };
    account.armed_timers(catalogue).into_iter().map(view).collect()
}

/// What is armed, of one licensee or of all, the earliest first.
pub(crate) fn armed(readers: &Pool, licensee: Option<&LicenseeId>) -> Result<Vec<TimerView>, ViewsError> {
    readers.read(|connection| kept(connection, licensee)).map(sorted)
}

fn kept(connection: &Connection, licensee: Option<&LicenseeId>) -> rusqlite::Result<Vec<TimerView>> {
    const SELECT: &str = "SELECT licensee, kind, due_at_us FROM timers";
    let Some(licensee) = licensee else {
        return connection.prepare_cached(SELECT)?.query_map([], read_timer)?.collect();
    };
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE licensee = ?1"))?;
    statement.query_map([licensee.as_str()], read_timer)?.collect()
}

fn read_timer(row: &Row<'_>) -> rusqlite::Result<TimerView> {
    Ok(TimerView { licensee: id(row, 0)?, kind: word(row, 1)?, due_at: instant(row, 2)? })
}

/// By due time, then licensee; of one licensee in the order in which timers of one instant go.
fn sorted(mut timers: Vec<TimerView>) -> Vec<TimerView> {
    timers
        .sort_by(|one, other| (one.due_at, &one.licensee, one.kind).cmp(&(other.due_at, &other.licensee, other.kind)));
    timers
}
