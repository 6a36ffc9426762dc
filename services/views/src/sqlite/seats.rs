//! The seats that are held, retained ones included.

use licensing::{LicenseeId, ProductId, UserId};
use rusqlite::{Connection, params};

use super::value::{id, signed};
use crate::changes::{Seat, SeatKey};

/// Notes what becomes of a seat.
pub(super) fn change(connection: &Connection, key: &SeatKey, seat: Option<&Seat>) -> rusqlite::Result<()> {
    match seat {
        Some(seat) => put(connection, key, seat)?,
        None => remove(connection, key)?,
    }
    note_member(connection, key)
}

/// Notes with the member whether there is a seat.
fn note_member(connection: &Connection, key: &SeatKey) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE members SET seated = EXISTS (SELECT 1 FROM seats WHERE licensee = ?1 AND user = ?2)
         WHERE licensee = ?1 AND user = ?2",
    )?;
    statement.execute([key.licensee.as_str(), key.user.as_str()])?;
    Ok(())
}

fn put(connection: &Connection, key: &SeatKey, seat: &Seat) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO seats (licensee, user, product, assigned_at_us, assigned_version)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let SeatKey { licensee, user, product } = key;
    let (assigned_at_us, version) = (seat.assigned_at.timestamp_micros(), signed(seat.assigned_version)?);
    statement.execute(params![licensee.as_str(), user.as_str(), product.as_str(), assigned_at_us, version])?;
    Ok(())
}

fn remove(connection: &Connection, key: &SeatKey) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("DELETE FROM seats WHERE licensee = ?1 AND user = ?2 AND product = ?3")?;
    let SeatKey { licensee, user, product } = key;
    statement.execute([licensee.as_str(), user.as_str(), product.as_str()])?;
    Ok(())
}

/// Hands every seat to `each`.
pub(super) fn for_each(
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
