//! The users: everybody who was ever named as a member, in a status or in a use.

use licensing::{AddOnId, Catalogue, Instant, LicenseeId, ProductId, UserId, UserStatus};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use crate::{
    error::ViewsError,
    licensees::read_account,
    pool::Pool,
    value::{id, instant, word},
};

/// A user, across all licensees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserView {
    /// The user.
    pub user: UserId,
    /// The status, the same for every licensee (R29).
    pub status: UserStatus,
    /// The seats that the user holds, retained ones included (R28), in order of licensee and product.
    pub seats: Vec<UserSeat>,
}

/// A seat that a user holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserSeat {
    /// With whom.
    pub licensee: LicenseeId,
    /// Of which product.
    pub product: ProductId,
    /// The add-on in effect, of a retained seat the last one that was.
    pub add_on: Option<AddOnId>,
    /// When it was given.
    pub assigned_at: Instant,
}

/// Notes that a user was named; one that is known stays as it is.
pub(crate) fn know(connection: &Connection, user: &UserId) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("INSERT OR IGNORE INTO users (user, status) VALUES (?1, ?2)")?;
    statement.execute([user.as_str(), UserStatus::Active.as_str()])?;
    Ok(())
}

/// Sets a user's status.
pub(crate) fn set_status(connection: &Connection, user: &UserId, status: UserStatus) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO users (user, status) VALUES (?1, ?2)")?;
    statement.execute([user.as_str(), status.as_str()])?;
    Ok(())
}

/// Notes a use; only the last one counts.
pub(crate) fn use_at(connection: &Connection, user: &UserId, used_at_us: i64) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO usage (user, last_used_at_us) VALUES (?1, ?2)
         ON CONFLICT (user) DO UPDATE SET last_used_at_us = max(last_used_at_us, excluded.last_used_at_us)",
    )?;
    statement.execute(params![user.as_str(), used_at_us])?;
    Ok(())
}

/// Hands every user with the status to `each`.
pub(crate) fn for_each(connection: &Connection, mut each: impl FnMut(UserId, UserStatus)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT user, status FROM users")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(id(row, 0)?, word(row, 1)?);
    }
    Ok(())
}

/// The user of this id.
pub(crate) fn one(readers: &Pool, catalogue: &Catalogue, user: &UserId) -> Result<Option<UserView>, ViewsError> {
    readers.read(|connection| {
        let Some(status) = status(connection, user)? else { return Ok(None) };
        let seats = seats(connection, catalogue, user)?;
        Ok(Some(UserView { user: user.clone(), status, seats }))
    })
}

fn status(connection: &Connection, user: &UserId) -> rusqlite::Result<Option<UserStatus>> {
    let mut statement = connection.prepare_cached("SELECT status FROM users WHERE user = ?1")?;
    statement.query_row([user.as_str()], |row| word(row, 0)).optional()
}

fn seats(connection: &Connection, catalogue: &Catalogue, user: &UserId) -> rusqlite::Result<Vec<UserSeat>> {
    let mut statement = connection.prepare_cached(
        "SELECT s.licensee, s.product, s.assigned_at_us, l.account
         FROM seats s JOIN licensees l ON l.licensee = s.licensee
         WHERE s.user = ?1 ORDER BY s.licensee, s.product",
    )?;
    statement.query_map([user.as_str()], |row| read_seat(row, catalogue))?.collect()
}

fn read_seat(row: &Row<'_>, catalogue: &Catalogue) -> rusqlite::Result<UserSeat> {
    let product = ProductId::new(row.get_ref(1)?.as_str()?);
    let account = read_account(row, 3)?;
    let in_effect = account.grant(&product, catalogue).map(|grant| grant.add_on);
    let in_grace = account.pool(&product).and_then(|pool| pool.grace.as_ref()).map(|grace| &grace.last.add_on);
    let add_on = in_effect.or_else(|| in_grace.cloned());
    Ok(UserSeat { licensee: id(row, 0)?, assigned_at: instant(row, 2)?, product, add_on })
}
