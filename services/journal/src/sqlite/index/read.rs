//! Queries over the index.

use std::rc::Rc;

use contract::proto::journal::Event;
use licensing::Instant;
use prost::Message;
use rusqlite::{Connection, OptionalExtension, Row, params, types::Value, vtab::array};

use crate::{
    Head, HistoryFilter, NextDue, Page, Position, StoredEvent, StreamHead, chain,
    indexing::command_key,
    sqlite::{
        key::{CommitKey, event_key},
        value::unreadable,
        value::{instant, unsigned},
    },
};

/// Up to where each shard is indexed.
pub(super) fn progress(connection: &Connection) -> rusqlite::Result<Vec<Head>> {
    let mut statement = connection.prepare("SELECT shard, commit_number, position FROM progress ORDER BY shard")?;
    let read =
        |row: &Row<'_>| Ok(Head { shard: row.get(0)?, commit_number: unsigned(row, 1)?, position: unsigned(row, 2)? });
    statement.query_map([], read)?.collect()
}

/// The id of a stream that has events.
pub(super) fn stream_id(connection: &Connection, stream: &str) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT id FROM streams WHERE name = ?1")?;
    statement.query_row([stream], |row| row.get(0)).optional()
}

/// The id of a stream that has events, and its shard.
pub(super) fn stream(connection: &Connection, stream: &str) -> rusqlite::Result<Option<(i64, u16)>> {
    let mut statement = connection.prepare_cached("SELECT id, shard FROM streams WHERE name = ?1")?;
    statement.query_row([stream], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// The end of a stream.
pub(super) fn stream_head(connection: &Connection, stream: &str) -> rusqlite::Result<Option<StreamHead>> {
    let Some(keys) = KeyRange::after(connection, stream, 0)? else { return Ok(None) };
    let mut statement = connection
        .prepare_cached("SELECT record FROM events WHERE key > ?1 AND key <= ?2 ORDER BY key DESC LIMIT 1")?;
    let event = statement.query_row(params![keys.after, keys.last], |row| read_event(row, 0)).optional()?;
    event.map(head_of).transpose()
}

fn head_of(event: Event) -> rusqlite::Result<StreamHead> {
    let hash = chain::Hash::try_from(event.hash.as_slice()).map_err(|cause| unreadable(0, cause))?;
    Ok(StreamHead { version: event.version, hash })
}

/// One page of a stream's history.
pub(super) fn history(connection: &Connection, stream: &str, filter: &HistoryFilter) -> rusqlite::Result<Page> {
    let nothing = Page { items: Vec::new(), more: false };
    let Some(keys) = KeyRange::of(connection, stream, filter)? else { return Ok(nothing) };
    // One beyond the limit tells whether more follow.
    let mut items = events(connection, &keys, filter, filter.limit.saturating_add(1))?;
    let more = items.len() > filter.limit;
    items.truncate(filter.limit);
    Ok(Page { items, more })
}

fn events(
    connection: &Connection,
    keys: &KeyRange,
    filter: &HistoryFilter,
    limit: usize,
) -> rusqlite::Result<Vec<StoredEvent>> {
    let of_types = if filter.types.is_empty() { "" } else { "AND event_type IN (SELECT value FROM rarray(?6))" };
    let direction = if filter.newest_first { "DESC" } else { "ASC" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT position, record FROM events
         WHERE key > ?1 AND key <= ?2 AND effective_at_us >= ?3 AND effective_at_us < ?4 {of_types}
         ORDER BY key {direction} LIMIT ?5"
    ))?;
    let from_us = filter.from.map_or(i64::MIN, |from| from.timestamp_micros());
    let to_us = filter.to.map_or(i64::MAX, |to| to.timestamp_micros());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = |row: &Row<'_>| read_stored_event(row, keys.shard);
    if filter.types.is_empty() {
        return statement.query_map(params![keys.after, keys.last, from_us, to_us, limit], read)?.collect();
    }
    let types = type_ids(connection, &filter.types)?;
    statement.query_map(params![keys.after, keys.last, from_us, to_us, limit, types], read)?.collect()
}

pub(super) fn read_stored_event(row: &Row<'_>, shard: u16) -> rusqlite::Result<StoredEvent> {
    let position = Position { shard, position: unsigned(row, 0)? };
    Ok(StoredEvent { position, event: read_event(row, 1)? })
}

/// The ids of those types of which there are events at all.
pub(super) fn type_ids(connection: &Connection, names: &[impl AsRef<str>]) -> rusqlite::Result<array::Array> {
    let mut statement = connection.prepare_cached("SELECT id FROM event_types WHERE name = ?1")?;
    let mut ids = Vec::new();
    for name in names {
        ids.extend(statement.query_row([name.as_ref()], |row| row.get::<_, Value>(0)).optional()?);
    }
    Ok(Rc::new(ids))
}

/// The keys of a stream's events beyond a version, in the order that is wanted.
pub(super) struct KeyRange {
    shard: u16,
    pub(super) after: i64,
    pub(super) last: i64,
}

impl KeyRange {
    /// Those beyond what the filter says; `None` where there can't be any.
    pub(super) fn of(connection: &Connection, stream: &str, filter: &HistoryFilter) -> rusqlite::Result<Option<Self>> {
        let Some((after, last)) = filter.versions() else { return Ok(None) };
        Self::between(connection, stream, after, last.min(u32::MAX.into()))
    }

    /// All those after a version; `None` where there can't be any.
    pub(super) fn after(connection: &Connection, stream: &str, version: u64) -> rusqlite::Result<Option<Self>> {
        Self::between(connection, stream, version, u32::MAX.into())
    }

    fn between(connection: &Connection, stream: &str, after: u64, last: u64) -> rusqlite::Result<Option<Self>> {
        let found = self::stream(connection, stream)?;
        Ok(found.and_then(|(id, shard)| Some(Self { shard, after: event_key(id, after)?, last: event_key(id, last)? })))
    }
}

pub(super) fn read_event(row: &Row<'_>, column: usize) -> rusqlite::Result<Event> {
    let bytes = row.get_ref(column)?.as_blob()?;
    Event::decode(bytes).map_err(|cause| unreadable(column, cause))
}

/// Where an outcome lies that was asked for.
pub(super) struct Place {
    /// Which of those that were asked for.
    pub(super) asked: usize,
    /// The commit that holds it.
    pub(super) commit: CommitKey,
    /// Its place among the commit's records.
    pub(super) in_commit: u32,
}

/// Where the outcomes of commands lie, of those that have one.
pub(super) fn places(connection: &Connection, command_ids: &[&str]) -> rusqlite::Result<Vec<Place>> {
    let mut places = Vec::new();
    for (asked, command_id) in command_ids.iter().enumerate() {
        if let Some((commit, in_commit)) = place_of_key(connection, &command_key(command_id))? {
            places.push(Place { asked, commit, in_commit });
        }
    }
    Ok(places)
}

/// Where the outcome lies that is indexed under `key`.
pub(super) fn place_of_key(connection: &Connection, key: &[u8; 16]) -> rusqlite::Result<Option<(CommitKey, u32)>> {
    let mut statement = connection.prepare_cached("SELECT commit_key, place FROM commands WHERE key = ?1")?;
    let read = |row: &Row<'_>| {
        let integer = row.get(0)?;
        let commit = CommitKey::from_integer(integer).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, integer))?;
        Ok((commit, row.get(1)?))
    };
    statement.query_row([key], read).optional()
}

/// The last use by a user.
pub(super) fn last_use(connection: &Connection, user: &str) -> rusqlite::Result<Option<Instant>> {
    let mut statement = connection.prepare_cached("SELECT last_used_at_us FROM usage WHERE user = ?1")?;
    statement.query_row([user], |row| instant(row, 0)).optional()
}

/// The licensees that a user is a member of.
pub(super) fn memberships(connection: &Connection, user: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare_cached("SELECT licensee FROM memberships WHERE user = ?1 ORDER BY licensee")?;
    statement.query_map([user], |row| row.get(0))?.collect()
}

/// Whether a user is a member of a licensee.
pub(super) fn is_member(connection: &Connection, licensee: &str, user: &str) -> rusqlite::Result<bool> {
    let mut statement =
        connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM memberships WHERE user = ?1 AND licensee = ?2)")?;
    statement.query_row([user, licensee], |row| row.get(0))
}

/// When time alone changes each licensee next.
pub(super) fn timers(connection: &Connection) -> rusqlite::Result<Vec<NextDue>> {
    let mut statement = connection.prepare("SELECT licensee, due_at_us FROM timers ORDER BY due_at_us, licensee")?;
    statement.query_map([], |row| Ok(NextDue { licensee: row.get(0)?, due_at: instant(row, 1)? }))?.collect()
}
