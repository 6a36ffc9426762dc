//! Between values of ours and values of SQLite, for whoever keeps some in a file of theirs.

use std::error::Error;

use licensing::Instant;
use rusqlite::{Row, types::Type};

/// A number as SQLite keeps it.
///
/// # Errors
/// From 2^63 on.
pub fn signed(value: u64) -> rusqlite::Result<i64> {
    i64::try_from(value).map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))
}

/// A number that was kept with [`signed`].
///
/// # Errors
/// When it is no such number.
pub fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// An instant that was kept in microseconds.
///
/// # Errors
/// When it is none.
pub fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Instant> {
    let micros = row.get(column)?;
    Instant::from_timestamp_micros(micros).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, format!("{micros} µs is no instant").into())
    })
}

/// A stored value that cannot be what was stored.
pub fn unreadable(column: usize, cause: impl Into<Box<dyn Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, cause.into())
}
