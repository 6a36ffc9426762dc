//! Between values of the domain and values of SQLite.

use std::{error::Error, str::FromStr};

use licensing::Instant;
use rusqlite::{Row, types::Type};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value},
};

use super::failure::unreadable;

/// A number as SQLite keeps it; fails from 2^63 on.
pub(super) fn signed(value: u64) -> rusqlite::Result<i64> {
    i64::try_from(value).map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))
}

/// How many rows are wanted, as SQLite takes it.
pub(super) fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// A number that was kept with [`signed`].
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// An instant that was kept in microseconds.
pub(super) fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Instant> {
    from_micros(column, row.get(column)?)
}

/// An instant that was kept in microseconds, if there is one.
pub(super) fn instant_if_any(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Instant>> {
    row.get::<_, Option<i64>>(column)?.map(|micros| from_micros(column, micros)).transpose()
}

/// An id that was kept as text.
pub(super) fn id<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    row.get_ref(column)?.as_str()?.parse().map_err(|cause: T::Err| unreadable(column, cause))
}

/// A word of the domain that was kept as the wire spells it.
pub(super) fn word<T: for<'de> Deserialize<'de>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    T::deserialize(IntoDeserializer::<value::Error>::into_deserializer(text)).map_err(|cause| unreadable(column, cause))
}

fn from_micros(column: usize, micros: i64) -> rusqlite::Result<Instant> {
    Instant::from_timestamp_micros(micros).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, format!("{micros} µs is no instant").into())
    })
}
