//! Between our types and PostgreSQL's.

use std::time::Duration;

use journal::{Head, postgres::Failure};
use postgres::Row;

pub(super) use journal::postgres::value::{instant, plain, unsigned};

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

/// A number of a smaller column that is not negative.
pub(super) fn small<T: TryFrom<i32>>(row: &Row, column: usize) -> Result<T, Failure> {
    let value: i32 = plain(row, column)?;
    T::try_from(value).map_err(|_| Failure::Damaged(format!("{value} is out of range")))
}

/// Where a shard ended: its number, and those of commit and record behind it.
pub(super) fn head(row: &Row, column: usize) -> Result<Head, Failure> {
    Ok(Head {
        shard: small(row, column)?,
        commit_number: unsigned(row, column + 1)?,
        position: unsigned(row, column + 2)?,
    })
}
