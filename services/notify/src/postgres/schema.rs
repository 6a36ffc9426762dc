//! The tables of the schema `usher_notify` and their format.

use journal::postgres::{Failure, Pool};
use postgres::{Transaction, types::Type};

use super::value::plain;
use crate::NotifyError;

/// The migrations that lead to the tables, in order; `meta.format` is how many were made.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../../schemas/postgres/notify/0001_notify.sql"),
    include_str!("../../../../schemas/postgres/notify/0002_webhooks.sql"),
];

/// Held by whoever makes the tables, until it has: "usher nt".
const LOCK: i64 = 0x7573_6865_7220_6e74;

/// What was found.
enum Found {
    /// Nothing, and it was made.
    Made,
    /// The tables of a format, of a store.
    Tables { format: i32, store_id: Vec<u8> },
}

/// Sees to it that there are tables of the newest format for this store.
pub(super) fn prepare(pool: &Pool, store_id: &[u8]) -> Result<(), NotifyError> {
    let newest = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
    let found = pool.write(|transaction| -> Result<Found, Failure> {
        transaction.query_typed("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)])?;
        let found = found(transaction)?;
        match &found {
            None => make(transaction, store_id, newest)?,
            Some((format, of)) if *format < newest && of == store_id => migrate(transaction, *format, newest)?,
            Some(_) => {}
        }
        Ok(found.map_or(Found::Made, |(format, store_id)| Found::Tables { format, store_id }))
    })?;
    let place = || format!("{}, schema usher_notify", pool.server());
    match found {
        Found::Tables { format, .. } if format > newest => Err(NotifyError::NewerFormat {
            place: place(),
            found: format.unsigned_abs(),
            supported: newest.unsigned_abs(),
        }),
        Found::Tables { store_id: of, .. } if of != store_id => Err(NotifyError::OtherStore { place: place() }),
        Found::Made | Found::Tables { .. } => Ok(()),
    }
}

/// Whether there are tables.
pub(super) fn is_there(transaction: &mut Transaction<'_>) -> Result<bool, Failure> {
    plain(&transaction.query_typed_one("SELECT to_regclass('usher_notify.meta') IS NOT NULL", &[])?, 0)
}

/// Format and store of the tables that are there.
fn found(transaction: &mut Transaction<'_>) -> Result<Option<(i32, Vec<u8>)>, Failure> {
    if !is_there(transaction)? {
        return Ok(None);
    }
    let row = transaction.query_typed_opt("SELECT format, store_id FROM usher_notify.meta", &[])?;
    let row = row.ok_or_else(|| Failure::Damaged("usher_notify.meta is empty".to_owned()))?;
    Ok(Some((plain(&row, 0)?, plain(&row, 1)?)))
}

fn make(transaction: &mut Transaction<'_>, store_id: &[u8], newest: i32) -> Result<(), Failure> {
    transaction.batch_execute("CREATE SCHEMA IF NOT EXISTS usher_notify")?;
    MIGRATIONS.iter().try_for_each(|migration| transaction.batch_execute(migration))?;
    transaction.execute_typed(
        "INSERT INTO usher_notify.meta (id, store_id, format) VALUES (1, $1, $2)",
        &[(&store_id, Type::BYTEA), (&newest, Type::INT4)],
    )?;
    Ok(())
}

fn migrate(transaction: &mut Transaction<'_>, found: i32, newest: i32) -> Result<(), Failure> {
    for (_, migration) in (1i32..).zip(MIGRATIONS).filter(|(format, _)| *format > found) {
        transaction.batch_execute(migration)?;
    }
    transaction.execute_typed("UPDATE usher_notify.meta SET format = $1", &[(&newest, Type::INT4)])?;
    Ok(())
}
