//! Between Rust's unsigned integers and instants, and SQLite's signed integers.

use licensing::Instant;
use rusqlite::{Row, types::Type};

/// A number as SQLite keeps it; fails from 2^63 on.
pub(super) fn signed(value: u64) -> rusqlite::Result<i64> {
    i64::try_from(value).map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))
}

/// A number that was kept with [`signed`].
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// An instant that was kept in microseconds.
pub(super) fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Instant> {
    let micros = row.get(column)?;
    Instant::from_timestamp_micros(micros).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, format!("{micros} µs is no instant").into())
    })
}
