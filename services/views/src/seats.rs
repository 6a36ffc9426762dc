//! The seats that are held, retained ones included.

use licensing::{Instant, LicenseeId, ProductId, UserId};
use rusqlite::{Connection, params};

use crate::value::{id, signed};

/// Whose seat of which product.
pub(crate) struct SeatKey<'a> {
    pub(crate) licensee: &'a LicenseeId,
    pub(crate) user: &'a UserId,
    pub(crate) product: &'a ProductId,
}

/// Notes a seat that was given by the licensee's event of this version.
pub(crate) fn assign(
    connection: &Connection,
    seat: &SeatKey<'_>,
    assigned_at: Instant,
    version: u64,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO seats (licensee, user, product, assigned_at_us, assigned_version)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let SeatKey { licensee, user, product } = seat;
    let assigned_at_us = assigned_at.timestamp_micros();
    statement.execute(params![licensee.as_str(), user.as_str(), product.as_str(), assigned_at_us, signed(version)?])?;
    Ok(())
}

/// Notes that a seat was taken away.
pub(crate) fn remove(connection: &Connection, seat: &SeatKey<'_>) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("DELETE FROM seats WHERE licensee = ?1 AND user = ?2 AND product = ?3")?;
    let SeatKey { licensee, user, product } = seat;
    statement.execute([licensee.as_str(), user.as_str(), product.as_str()])?;
    Ok(())
}

/// Hands every seat to `each`.
pub(crate) fn for_each(
    connection: &Connection,
    mut each: impl FnMut(LicenseeId, UserId, ProductId),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT licensee, user, product FROM seats")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(id(row, 0)?, id(row, 1)?, ProductId::new(row.get_ref(2)?.as_str()?));
    }
    Ok(())
}
