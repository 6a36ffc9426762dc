//! Between our types and PostgreSQL's.

use std::time::Duration;

use journal::{Head, postgres::Failure};
use licensing::Instant;
use postgres::{Row, types::FromSql};

/// A number as PostgreSQL keeps it; none that is given out comes near to 2^63.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A time in seconds.
pub(super) fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

/// Shards as PostgreSQL takes them.
pub(super) fn shards(shards: &[u16]) -> Vec<i32> {
    shards.iter().copied().map(i32::from).collect()
}

/// A value that PostgreSQL and Rust have in common.
pub(super) fn plain<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Failure> {
    Ok(row.try_get(column)?)
}

/// A number that is not negative.
pub(super) fn unsigned<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<T, Failure> {
    let value: i64 = plain(row, column)?;
    T::try_from(value).map_err(|_| Failure::Damaged(format!("{value} is out of range")))
}

/// The same, of a smaller column.
pub(super) fn small<T: TryFrom<i32>>(row: &Row, column: usize) -> Result<T, Failure> {
    let value: i32 = plain(row, column)?;
    T::try_from(value).map_err(|_| Failure::Damaged(format!("{value} is out of range")))
}

/// A moment that was kept in microseconds.
pub(super) fn instant(row: &Row, column: usize) -> Result<Instant, Failure> {
    let micros: i64 = plain(row, column)?;
    Instant::from_timestamp_micros(micros).ok_or_else(|| Failure::Damaged(format!("{micros} µs is no moment")))
}

/// Where a shard ended: its number, and those of commit and record behind it.
pub(super) fn head(row: &Row, column: usize) -> Result<Head, Failure> {
    Ok(Head {
        shard: small(row, column)?,
        commit_number: unsigned(row, column + 1)?,
        position: unsigned(row, column + 2)?,
    })
}
