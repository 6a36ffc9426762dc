//! What time alone will change, and when.

use licensing::{Account, Catalogue, LicenseeId, Timer};
use rusqlite::{Connection, Row, params};

use super::value::{id, instant, word};
use crate::{TimerView, catalogue_mark::CatalogueMark};

/// Sets what is armed of a licensee.
pub(super) fn put(connection: &Connection, licensee: &LicenseeId, timers: &[Timer]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM timers WHERE licensee = ?1")?.execute([licensee.as_str()])?;
    let mut insert =
        connection.prepare_cached("INSERT INTO timers (licensee, place, kind, due_at_us) VALUES (?1, ?2, ?3, ?4)")?;
    for (place, timer) in (0u32..).zip(timers) {
        insert.execute(params![licensee.as_str(), place, timer.kind.as_str(), timer.due.timestamp_micros()])?;
    }
    Ok(())
}

/// Sets what is armed of every licensee anew if the timers go by another catalogue: it may arm others. What was changed from
/// outside is not mended here, so that an audit finds it.
pub(super) fn renew<'a>(
    connection: &mut Connection,
    accounts: impl Iterator<Item = (&'a LicenseeId, &'a Account)>,
    catalogue: &Catalogue,
) -> rusqlite::Result<()> {
    let CatalogueMark(mark) = CatalogueMark::of(catalogue);
    let kept_mark: i64 = connection.query_row("SELECT catalogue FROM meta", [], |row| row.get(0))?;
    if kept_mark == mark {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM timers", [])?;
    for (licensee, account) in accounts {
        put(&transaction, licensee, &account.armed_timers(catalogue))?;
    }
    transaction.execute("UPDATE meta SET catalogue = ?1", [mark])?;
    transaction.commit()
}

/// What is armed, of one licensee or of all.
pub(super) fn kept(connection: &Connection, licensee: Option<&LicenseeId>) -> rusqlite::Result<Vec<TimerView>> {
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
