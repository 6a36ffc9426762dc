//! Between values of the domain and values of PostgreSQL.

use std::{error::Error, str::FromStr};

use postgres::{Row, types::FromSql};
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value},
};

use super::database::{Failure, unreadable};
pub(super) use journal::postgres::value::storable;

/// A number as PostgreSQL keeps it; none that is written here comes near to 2^63.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// How many rows are wanted, as PostgreSQL takes it.
pub(super) fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// A number that was kept with [`signed`], or a smaller one.
pub(super) fn unsigned<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<T, Failure> {
    let value: i64 = row.try_get(column)?;
    T::try_from(value).map_err(|_| unreadable(format!("{value} is out of range")))
}

/// A number that was kept with [`signed`], if there is one.
pub(super) fn unsigned_if_any<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<Option<T>, Failure> {
    let value: Option<i64> = row.try_get(column)?;
    value.map(|value| T::try_from(value).map_err(|_| unreadable(format!("{value} is out of range")))).transpose()
}

/// A shard.
pub(super) fn shard(row: &Row, column: usize) -> Result<u16, Failure> {
    let value: i32 = row.try_get(column)?;
    u16::try_from(value).map_err(|_| unreadable(format!("{value} is no shard")))
}

/// An id that was kept as text.
pub(super) fn id<T>(row: &Row, column: usize) -> Result<T, Failure>
where
    T: FromStr<Err: Error>,
{
    row.try_get::<_, &str>(column)?.parse().map_err(|cause: T::Err| unreadable(cause.to_string()))
}

/// A word of the domain that was kept as the wire spells it.
pub(super) fn word<T: for<'de> Deserialize<'de>>(row: &Row, column: usize) -> Result<T, Failure> {
    let text: &str = row.try_get(column)?;
    let known = T::deserialize(IntoDeserializer::<value::Error>::into_deserializer(text));
    known.map_err(|cause| unreadable(cause.to_string()))
}

/// A word of the domain as the wire spells it.
pub(super) fn spelled(word: &impl Serialize) -> Option<String> {
    let spelled = serde_json::to_value(word).ok()?;
    spelled.as_str().map(str::to_owned)
}

/// A value that PostgreSQL and the domain have in common.
pub(super) fn plain<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Failure> {
    Ok(row.try_get(column)?)
}
