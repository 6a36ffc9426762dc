//! Between our types and SQLite's.

use chrono::Utc;
use licensing::Instant;
use rusqlite::{Row, types::Type};

/// Now, microseconds since 1970.
pub(super) fn now_us() -> i64 {
    Utc::now().timestamp_micros()
}

/// A number as SQLite keeps it; none that is given out comes near to 2^63.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A time as microseconds.
pub(super) fn micros(time: std::time::Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// A number that was kept with [`signed`].
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// A moment that was kept in microseconds.
pub(super) fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Instant> {
    let micros = row.get(column)?;
    Instant::from_timestamp_micros(micros).ok_or_else(|| unreadable(column, format!("{micros} µs is no moment")))
}

/// A value that is read from its text.
pub(super) fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    text.parse().map_err(|cause: T::Err| unreadable(column, cause))
}

/// A value that is not what was written.
pub(super) fn unreadable(column: usize, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, cause.into())
}
