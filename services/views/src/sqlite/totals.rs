//! A few numbers over everything.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::value::{signed, unsigned, word};
use crate::{Totals, changes::Difference};

/// Adds to the totals.
pub(super) fn add(connection: &Connection, difference: &Difference) -> rusqlite::Result<()> {
    let Difference { licensees, members, seats, events, refusals, removals, refused } = difference;
    let mut statement = connection.prepare_cached(
        "UPDATE totals SET licensees = licensees + ?1, members = members + ?2, seats = seats + ?3,
                           events = events + ?4, refusals = refusals + ?5",
    )?;
    statement.execute(params![licensees, members, seats, events, refusals])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO removals (reason, count) VALUES (?1, ?2)
         ON CONFLICT (reason) DO UPDATE SET count = count + excluded.count",
    )?;
    for (reason, count) in removals {
        statement.execute(params![reason.as_str(), signed(*count)?])?;
    }
    let mut statement = connection.prepare_cached(
        "INSERT INTO refusal_counts (code, count) VALUES (?1, ?2)
         ON CONFLICT (code) DO UPDATE SET count = count + excluded.count",
    )?;
    for (code, count) in refused {
        statement.execute(params![code, signed(*count)?])?;
    }
    Ok(())
}

/// How many commands were ever refused, by code.
pub(super) fn refused(connection: &Connection) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut statement = connection.prepare_cached("SELECT code, count FROM refusal_counts")?;
    statement.query_map([], |row| Ok((row.get(0)?, unsigned(row, 1)?)))?.collect()
}

/// The totals.
pub(super) fn read(connection: &Connection) -> rusqlite::Result<Totals> {
    let mut statement = connection.prepare_cached("SELECT reason, count FROM removals")?;
    let removals = statement.query_map([], |row| Ok((word(row, 0)?, unsigned(row, 1)?)))?.collect::<Result<_, _>>()?;
    let mut statement = connection.prepare_cached("SELECT licensees, members, seats, events, refusals FROM totals")?;
    statement.query_row([], |row| {
        Ok(Totals {
            licensees: unsigned(row, 0)?,
            members: unsigned(row, 1)?,
            seats: unsigned(row, 2)?,
            events: unsigned(row, 3)?,
            refusals: unsigned(row, 4)?,
            removals,
        })
    })
}
