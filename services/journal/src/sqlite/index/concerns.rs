//! Whom events concern: writing that, and finding events by it.

use std::collections::HashMap;

use rusqlite::{Connection, Row, Rows, params};

use super::read;
use crate::{
    HistoryFilter, Page, PersonalEvent, PersonalPlace,
    indexing::EventRow,
    sqlite::{
        key::event_key,
        value::{instant, signed, unsigned},
    },
};

/// An event with the ids of its stream and its type.
pub(super) struct Concerning<'a> {
    pub(super) stream_id: i64,
    pub(super) event_type: i64,
    pub(super) event: &'a EventRow,
}

/// Writes whom events concern, of those that are found by it.
pub(super) fn write<'a>(connection: &Connection, events: impl Iterator<Item = Concerning<'a>>) -> rusqlite::Result<()> {
    let mut found_by: Vec<_> =
        events.filter_map(|concerning| Some((concerning.event.concern.as_ref()?, concerning))).collect();
    found_by.sort_unstable_by_key(|(concern, Concerning { stream_id, event, .. })| {
        (*stream_id, concern.user.as_str(), event.version)
    });
    let mut insert = connection.prepare_cached(
        "INSERT INTO concerns
             (stream, user, version, event_type, effective_at_us, recorded_at_us, schema_version, data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (concern, Concerning { stream_id, event_type, event }) in found_by {
        let EventRow { effective_at_us, recorded_at_us, .. } = event;
        insert.execute(params![
            stream_id,
            concern.user,
            signed(event.version)?,
            event_type,
            effective_at_us,
            recorded_at_us,
            concern.schema_version,
            concern.data
        ])?;
    }
    Ok(())
}

/// One page of what concerns a user in a stream's history.
pub(super) fn history_about(
    connection: &Connection,
    stream: &str,
    user: &str,
    filter: &HistoryFilter,
) -> rusqlite::Result<Page> {
    let nothing = Page { items: Vec::new(), more: false };
    let Some((stream_id, shard)) = read::stream(connection, stream)? else { return Ok(nothing) };
    let mut versions = versions_about(connection, stream_id, "", filter)?;
    if !user.is_empty() {
        versions.extend(versions_about(connection, stream_id, user, filter)?);
    }
    versions.sort_unstable();
    if filter.newest_first {
        versions.reverse();
    }
    let more = versions.len() > filter.limit;
    versions.truncate(filter.limit);
    let mut statement = connection.prepare_cached("SELECT position, record FROM events WHERE key = ?1")?;
    let keys = versions.into_iter().filter_map(|version| event_key(stream_id, version));
    let items = keys.map(|key| statement.query_row([key], |row| read::read_stored_event(row, shard)));
    Ok(Page { items: items.collect::<Result<_, _>>()?, more })
}

/// The versions of those that concern this user alone, or everybody; one beyond the limit tells whether more follow.
fn versions_about(
    connection: &Connection,
    stream_id: i64,
    user: &str,
    filter: &HistoryFilter,
) -> rusqlite::Result<Vec<u64>> {
    let Some((after, last)) = filter.versions() else { return Ok(Vec::new()) };
    // An array is no value of SQL's: to everything but `rarray` it is null.
    let of_types = if filter.types.is_empty() { "?8 IS NULL" } else { "event_type IN (SELECT value FROM rarray(?8))" };
    let direction = if filter.newest_first { "DESC" } else { "ASC" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT version FROM concerns
         WHERE stream = ?1 AND user = ?2 AND version > ?3 AND version <= ?4
           AND effective_at_us >= ?5 AND effective_at_us < ?6 AND {of_types}
         ORDER BY version {direction} LIMIT ?7"
    ))?;
    let from_us = filter.from.map_or(i64::MIN, |from| from.timestamp_micros());
    let to_us = filter.to.map_or(i64::MAX, |to| to.timestamp_micros());
    let wanted_types = read::type_ids(connection, &filter.types)?;
    let wanted = params![
        stream_id,
        user,
        least(after),
        least(last),
        from_us,
        to_us,
        most(filter.limit.saturating_add(1)),
        wanted_types
    ];
    statement.query_map(wanted, |row| unsigned(row, 0))?.collect()
}

const SELECT: &str = "
    SELECT user, version, event_type, schema_version, data, effective_at_us, recorded_at_us FROM concerns";

/// The events of a stream behind a place that concern one user each.
pub(super) fn personal_events(
    connection: &Connection,
    stream: &str,
    behind: Option<&PersonalPlace>,
    descending: bool,
    limit: usize,
) -> rusqlite::Result<Vec<PersonalEvent>> {
    let Some((stream_id, _)) = read::stream(connection, stream)? else { return Ok(Vec::new()) };
    // Behind whatever concerns everybody, and before what comes behind every id: ids are ASCII.
    let (is_behind, direction, end) = if descending {
        ("user > '' AND (user, version) < (?2, ?3)", "DESC", ("\u{10ffff}", u64::MAX))
    } else {
        ("(user, version) > (?2, ?3)", "ASC", ("", u64::MAX))
    };
    let (user, version) = behind.map_or(end, |place| (place.user.as_str(), place.version));
    let mut statement = connection.prepare_cached(&format!(
        "{SELECT} WHERE stream = ?1 AND {is_behind} ORDER BY user {direction}, version {direction} LIMIT ?4"
    ))?;
    let rows = statement.query(params![stream_id, user, least(version), most(limit)])?;
    read_personal(connection, rows)
}

/// All events of a stream that concern one of these users alone.
pub(super) fn personal_events_of(
    connection: &Connection,
    stream: &str,
    users: &[&str],
) -> rusqlite::Result<Vec<PersonalEvent>> {
    let Some((stream_id, _)) = read::stream(connection, stream)? else { return Ok(Vec::new()) };
    let mut in_order: Vec<&str> = users.iter().copied().filter(|user| !user.is_empty()).collect();
    in_order.sort_unstable();
    in_order.dedup();
    let mut statement =
        connection.prepare_cached(&format!("{SELECT} WHERE stream = ?1 AND user = ?2 ORDER BY version"))?;
    let mut events = Vec::new();
    for user in in_order {
        let rows = statement.query(params![stream_id, user])?;
        events.extend(read_personal(connection, rows)?);
    }
    Ok(events)
}

fn read_personal(connection: &Connection, mut rows: Rows<'_>) -> rusqlite::Result<Vec<PersonalEvent>> {
    let mut names: HashMap<i64, String> = HashMap::new();
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let type_id: i64 = row.get(2)?;
        let event_type = match names.get(&type_id) {
            Some(name) => name.clone(),
            None => names.entry(type_id).or_insert(type_name(connection, type_id)?).clone(),
        };
        events.push(read_event(row, event_type)?);
    }
    Ok(events)
}

fn read_event(row: &Row<'_>, event_type: String) -> rusqlite::Result<PersonalEvent> {
    Ok(PersonalEvent {
        user: row.get(0)?,
        version: unsigned(row, 1)?,
        event_type,
        schema_version: row.get(3)?,
        data: row.get(4)?,
        effective_at: instant(row, 5)?,
        recorded_at: instant(row, 6)?,
    })
}

fn type_name(connection: &Connection, type_id: i64) -> rusqlite::Result<String> {
    let mut statement = connection.prepare_cached("SELECT name FROM event_types WHERE id = ?1")?;
    statement.query_row([type_id], |row| row.get(0))
}

/// A version as SQLite takes it; those beyond its integers are beyond every version.
fn least(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
