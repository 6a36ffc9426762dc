//! A few numbers over everything.

use std::collections::BTreeMap;

use licensing::RemovalReason;
use rusqlite::{Connection, params};
use serde::Serialize;

use crate::{
    error::ViewsError,
    pool::Pool,
    value::{signed, unsigned, word},
};

/// Numbers over everything that the views hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Licensees that exist.
    pub licensees: u64,
    /// Members of all licensees; who is a member of two counts twice.
    pub members: u64,
    /// Seats that are held now, retained ones included.
    pub seats: u64,
    /// Seats that were ever taken away, by reason.
    pub removals: BTreeMap<RemovalReason, u64>,
    /// Events of all streams.
    pub events: u64,
    /// Commands that were refused, whether they named a licensee or not.
    pub refusals: u64,
}

/// What is to be added to the totals.
#[derive(Default)]
pub(crate) struct Difference {
    pub(crate) licensees: i64,
    pub(crate) members: i64,
    pub(crate) seats: i64,
    pub(crate) events: i64,
    pub(crate) refusals: i64,
    pub(crate) removals: BTreeMap<RemovalReason, u64>,
}

/// Adds to the totals.
pub(crate) fn add(connection: &Connection, difference: &Difference) -> rusqlite::Result<()> {
    let Difference { licensees, members, seats, events, refusals, removals } = difference;
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
    Ok(())
}

/// The totals.
pub(crate) fn read(readers: &Pool) -> Result<Totals, ViewsError> {
    readers.read(|connection| {
        let mut statement = connection.prepare_cached("SELECT reason, count FROM removals")?;
        let removals =
            statement.query_map([], |row| Ok((word(row, 0)?, unsigned(row, 1)?)))?.collect::<Result<_, _>>()?;
        let mut statement =
            connection.prepare_cached("SELECT licensees, members, seats, events, refusals FROM totals")?;
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
    })
}
