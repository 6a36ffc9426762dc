//! The erasable tables (R30).

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{DetailChange, LicenseeDetails, Person, StatusReason};

/// How many users of one name are given at most.
const USERS_NAMED_MAX: u32 = 16;
/// How many reasons about one user are given at most.
const REASONS_MAX: u32 = 1_000;

/// Applies changes in order.
pub(super) fn apply(transaction: &Transaction<'_>, changes: &[DetailChange]) -> rusqlite::Result<()> {
    changes.iter().try_for_each(|change| match change {
        DetailChange::PutPerson(person) => put_person(transaction, person),
        DetailChange::ErasePerson { user } => erase_person(transaction, user),
        DetailChange::PutLicensee(details) => put_licensee(transaction, details),
        DetailChange::PutReason(reason) => put_reason(transaction, reason),
    })
}

fn put_person(connection: &Connection, person: &Person) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO persons (user, username, name, email) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (user) DO UPDATE SET username = excluded.username, name = excluded.name, email = excluded.email",
    )?;
    statement.execute(params![person.user, person.username, person.name, person.email])?;
    Ok(())
}

/// Erases the rows at once, and notes that their traces in the file are still to be removed.
fn erase_person(connection: &Connection, user: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM persons WHERE user = ?1")?.execute([user])?;
    connection.prepare_cached("DELETE FROM status_reasons WHERE user = ?1")?.execute([user])?;
    connection.prepare_cached("UPDATE erasure SET pending = 1 WHERE pending = 0")?.execute([])?;
    Ok(())
}

fn put_licensee(connection: &Connection, details: &LicenseeDetails) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO licensee_details (licensee, name, contact_email) VALUES (?1, ?2, ?3)
         ON CONFLICT (licensee) DO UPDATE SET name = excluded.name, contact_email = excluded.contact_email",
    )?;
    statement.execute(params![details.licensee, details.name, details.contact_email])?;
    Ok(())
}

fn put_reason(connection: &Connection, reason: &StatusReason) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO status_reasons (command_id, user, reason) VALUES (?1, ?2, ?3)
         ON CONFLICT (command_id, user) DO UPDATE SET reason = excluded.reason",
    )?;
    statement.execute(params![reason.command_id, reason.user, reason.reason])?;
    Ok(())
}

/// The person behind a user id.
pub(super) fn person(connection: &Connection, user: &str) -> rusqlite::Result<Option<Person>> {
    let mut statement = connection.prepare_cached("SELECT user, username, name, email FROM persons WHERE user = ?1")?;
    statement.query_row([user], read_person).optional()
}

fn read_person(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person { user: row.get(0)?, username: row.get(1)?, name: row.get(2)?, email: row.get(3)? })
}

/// The users that bear a user name.
pub(super) fn users_named(connection: &Connection, username: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare_cached("SELECT user FROM persons WHERE username = ?1 ORDER BY user LIMIT ?2")?;
    statement.query_map(params![username, USERS_NAMED_MAX], |row| row.get(0))?.collect()
}

/// The details of a licensee.
pub(super) fn licensee(connection: &Connection, licensee: &str) -> rusqlite::Result<Option<LicenseeDetails>> {
    let mut statement =
        connection.prepare_cached("SELECT licensee, name, contact_email FROM licensee_details WHERE licensee = ?1")?;
    let read =
        |row: &Row<'_>| Ok(LicenseeDetails { licensee: row.get(0)?, name: row.get(1)?, contact_email: row.get(2)? });
    statement.query_row([licensee], read).optional()
}

/// The reasons for changes of a user's status.
pub(super) fn status_reasons(connection: &Connection, user: &str) -> rusqlite::Result<Vec<StatusReason>> {
    let mut statement = connection.prepare_cached(
        "SELECT command_id, user, reason FROM status_reasons WHERE user = ?1 ORDER BY command_id LIMIT ?2",
    )?;
    let read = |row: &Row<'_>| Ok(StatusReason { command_id: row.get(0)?, user: row.get(1)?, reason: row.get(2)? });
    statement.query_map(params![user, REASONS_MAX], read)?.collect()
}
