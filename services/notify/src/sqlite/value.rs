//! Between our types and SQLite's.

use chrono::Utc;
use rusqlite::Row;

pub(super) use journal::sqlite::value::{instant, unreadable, unsigned};

/// Now, microseconds since 1970.
pub(super) fn now_us() -> i64 {
    Utc::now().timestamp_micros()
}

/// A number as SQLite keeps it; none that is given out here comes near to 2^63.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A time as microseconds.
pub(super) fn micros(time: std::time::Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// A value that is read from its text.
pub(super) fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    text.parse().map_err(|cause: T::Err| unreadable(column, cause))
}
