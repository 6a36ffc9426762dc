//! The users: everybody who was ever named as a member, in a status or in a use.

use licensing::{Instant, ProductId, UserId, UserStatus};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    licensees::read_account,
    value::{id, instant, word},
};
use crate::users::{UserRow, UserSeatRow};

/// Notes that a user was named, and the status if it was set; whoever is new and has none is active.
pub(super) fn name(connection: &Connection, user: &UserId, status: Option<UserStatus>) -> rusqlite::Result<()> {
    let sql = match status {
        Some(_) => "INSERT OR REPLACE INTO users (user, status) VALUES (?1, ?2)",
        None => "INSERT OR IGNORE INTO users (user, status) VALUES (?1, ?2)",
    };
    connection.prepare_cached(sql)?.execute([user.as_str(), status.unwrap_or(UserStatus::Active).as_str()])?;
    Ok(())
}

/// Notes a use; only the last one counts.
pub(super) fn use_at(connection: &Connection, user: &UserId, at: Instant) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO usage (user, last_used_at_us) VALUES (?1, ?2)
         ON CONFLICT (user) DO UPDATE SET last_used_at_us = max(last_used_at_us, excluded.last_used_at_us)",
    )?;
    statement.execute(params![user.as_str(), at.timestamp_micros()])?;
    Ok(())
}

/// Hands every user with the status to `each`.
pub(super) fn for_each(connection: &Connection, mut each: impl FnMut(UserId, UserStatus)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT user, status FROM users")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(id(row, 0)?, word(row, 1)?);
    }
    Ok(())
}

/// The user of this id.
pub(super) fn one(connection: &Connection, user: &UserId) -> rusqlite::Result<Option<UserRow>> {
    let Some(status) = status(connection, user)? else { return Ok(None) };
    Ok(Some(UserRow { status, seats: seats(connection, user)? }))
}

fn status(connection: &Connection, user: &UserId) -> rusqlite::Result<Option<UserStatus>> {
    let mut statement = connection.prepare_cached("SELECT status FROM users WHERE user = ?1")?;
    statement.query_row([user.as_str()], |row| word(row, 0)).optional()
}

fn seats(connection: &Connection, user: &UserId) -> rusqlite::Result<Vec<UserSeatRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT s.licensee, s.product, s.assigned_at_us, l.account
         FROM seats s JOIN licensees l ON l.licensee = s.licensee
         WHERE s.user = ?1 ORDER BY s.licensee, s.product",
    )?;
    statement.query_map([user.as_str()], read_seat)?.collect()
}

fn read_seat(row: &Row<'_>) -> rusqlite::Result<UserSeatRow> {
    Ok(UserSeatRow {
        licensee: id(row, 0)?,
        product: ProductId::new(row.get_ref(1)?.as_str()?),
        assigned_at: instant(row, 2)?,
        account: read_account(row, 3)?,
    })
}
