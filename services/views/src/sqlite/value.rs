//! Between values of the domain and values of SQLite.

use std::{error::Error, str::FromStr};

use licensing::Instant;
use rusqlite::{Row, types::ValueRef};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value},
};

pub(super) use journal::sqlite::value::{instant, signed, unreadable, unsigned};

/// How many rows are wanted, as SQLite takes it.
pub(super) fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// An instant that was kept in microseconds, if there is one.
pub(super) fn instant_if_any(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Instant>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => instant(row, column).map(Some),
    }
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
