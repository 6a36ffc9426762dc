//! Between values of ours and what PostgreSQL knows, for whoever keeps some in a schema of theirs.

use licensing::Instant;
use postgres::{
    Row,
    types::{FromSql, ToSql, Type},
};

use super::failure::Failure;

/// A parameter of a statement. Its type is told, so that the server need not be asked, and no statement is prepared:
/// a transaction pooler may give every transaction another connection.
pub type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A number as PostgreSQL keeps it.
///
/// # Errors
/// From 2^63 on.
pub fn signed(value: u64) -> Result<i64, Failure> {
    i64::try_from(value).map_err(|_| Failure::Damaged(format!("{value} is above every number that was given out")))
}

/// How much is wanted, as PostgreSQL takes it.
pub fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A value that PostgreSQL and Rust have in common.
///
/// # Errors
/// When the column holds something else.
pub fn plain<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Failure> {
    Ok(row.try_get(column)?)
}

/// A number that was kept with [`signed`], or a smaller one.
///
/// # Errors
/// When the column holds something else.
pub fn unsigned<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<T, Failure> {
    let value: i64 = row.try_get(column)?;
    T::try_from(value).map_err(|_| Failure::Damaged(format!("{value} is out of range")))
}

/// A shard.
///
/// # Errors
/// When the column holds something else.
pub fn shard(row: &Row, column: usize) -> Result<u16, Failure> {
    let value: i32 = row.try_get(column)?;
    u16::try_from(value).map_err(|_| Failure::Damaged(format!("{value} is no shard")))
}

/// An instant that was kept in microseconds.
///
/// # Errors
/// When the column holds something else.
pub fn instant(row: &Row, column: usize) -> Result<Instant, Failure> {
    let micros = row.try_get(column)?;
    Instant::from_timestamp_micros(micros).ok_or_else(|| Failure::Damaged(format!("{micros} µs is no instant")))
}

/// A text from outside, as PostgreSQL takes it: it knows no character zero.
pub fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
