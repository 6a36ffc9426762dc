//! Whom events concern: writing that, and finding events by it.

use postgres::{Row, types::Type};

use super::read::read_stored_event;
use crate::{
    HistoryFilter, JournalError, Page, PersonalEvent, PersonalPlace,
    indexing::{ConcernRow, EventRow},
    postgres::{
        failure::Failure,
        pool::Pool,
        statement::Statement,
        value::{instant, limit as most, plain, signed, unsigned},
    },
};

/// Whom events concern, of those that are found by it.
#[derive(Default)]
pub(super) struct Concerns<'a> {
    stream_ids: Vec<i64>,
    users: Vec<&'a str>,
    versions: Vec<i64>,
    effective_at_us: Vec<i64>,
    recorded_at_us: Vec<i64>,
    type_ids: Vec<i32>,
    schema_versions: Vec<i64>,
    data: Vec<&'a [u8]>,
}

impl<'a> Concerns<'a> {
    /// Of events with the ids of their streams and of their types.
    pub(super) fn of(events: impl Iterator<Item = (i64, i32, &'a EventRow)>) -> Result<Self, Failure> {
        let mut found_by: Vec<_> = events
            .filter_map(|(stream_id, type_id, event)| Some((stream_id, type_id, event, event.concern.as_ref()?)))
            .collect();
        found_by
            .sort_unstable_by_key(|(stream_id, _, event, concern)| (*stream_id, concern.user.as_str(), event.version));
        let mut all = Self::default();
        for (stream_id, type_id, event, ConcernRow { user, schema_version, data }) in found_by {
            all.stream_ids.push(stream_id);
            all.users.push(user);
            all.versions.push(signed(event.version)?);
            all.effective_at_us.push(event.effective_at_us);
            all.recorded_at_us.push(event.recorded_at_us);
            all.type_ids.push(type_id);
            all.schema_versions.push((*schema_version).into());
            all.data.push(data);
        }
        Ok(all)
    }

    pub(super) fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.versions.is_empty() {
            return;
        }
        statement.part(
            "put_concerns AS (
                 INSERT INTO usher_index.concerns
                     (stream_id, user_id, version, effective_at_us, recorded_at_us, type_id, schema_version, data)
                 SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?))",
            [
                (&self.stream_ids, Type::INT8_ARRAY),
                (&self.users, Type::TEXT_ARRAY),
                (&self.versions, Type::INT8_ARRAY),
                (&self.effective_at_us, Type::INT8_ARRAY),
                (&self.recorded_at_us, Type::INT8_ARRAY),
                (&self.type_ids, Type::INT4_ARRAY),
                (&self.schema_versions, Type::INT8_ARRAY),
                (&self.data, Type::BYTEA_ARRAY),
            ],
        );
    }
}

/// One page of what concerns a user in a stream's history.
pub(super) fn history_about(
    pool: &Pool,
    stream: &str,
    user: &str,
    filter: &HistoryFilter,
) -> Result<Page, JournalError> {
    let Some((after, last)) = filter.versions() else { return Ok(Page { items: Vec::new(), more: false }) };
    let direction = if filter.newest_first { "DESC" } else { "ASC" };
    let of_types = if filter.types.is_empty() {
        "$8::text[] = '{}'"
    } else {
        "type_id = ANY (ARRAY(SELECT type_id FROM usher_index.event_types WHERE name = ANY ($8)))"
    };
    // Each of the two goes along the key; a condition on both at once would not. One beyond the limit tells whether more
    // follow.
    let of = |user: &str| {
        format!(
            "(SELECT version FROM usher_index.concerns
              WHERE stream_id = (SELECT stream_id FROM stream) AND user_id = {user} AND version > $3 AND version <= $4
                AND effective_at_us >= $5 AND effective_at_us < $6 AND {of_types}
              ORDER BY version {direction} LIMIT $7)"
        )
    };
    let (of_all, of_user) = (of("''"), of("$2"));
    let mut items = pool.query_all(
        &format!(
            "WITH stream AS MATERIALIZED (SELECT stream_id, shard FROM usher_index.streams WHERE name = $1),
                  about AS ({of_all} UNION {of_user})
             SELECT (SELECT shard FROM stream), e.position, e.record
             FROM (SELECT version FROM about ORDER BY version {direction} LIMIT $7) w CROSS JOIN LATERAL (
                      SELECT version, position, record FROM usher_index.events
                      WHERE stream_id = (SELECT stream_id FROM stream) AND version = w.version) e
             ORDER BY e.version {direction}"
        ),
        &[
            (&stream, Type::TEXT),
            (&user, Type::TEXT),
            (&i64::try_from(after).unwrap_or(i64::MAX), Type::INT8),
            (&i64::try_from(last).unwrap_or(i64::MAX), Type::INT8),
            (&filter.from.map_or(i64::MIN, |from| from.timestamp_micros()), Type::INT8),
            (&filter.to.map_or(i64::MAX, |to| to.timestamp_micros()), Type::INT8),
            (&most(filter.limit.saturating_add(1)), Type::INT8),
            (&filter.types, Type::TEXT_ARRAY),
        ],
        read_stored_event,
    )?;
    let more = items.len() > filter.limit;
    items.truncate(filter.limit);
    Ok(Page { items, more })
}

/// The events of a stream behind a place that concern one user each.
pub(super) fn personal_events(
    pool: &Pool,
    stream: &str,
    behind: Option<&PersonalPlace>,
    descending: bool,
    limit: usize,
) -> Result<Vec<PersonalEvent>, JournalError> {
    // Behind whatever concerns everybody, and before what comes behind every id: ids are ASCII.
    let (is_behind, direction, end) = if descending {
        ("c.user_id > '' AND (c.user_id, c.version) < ($2, $3)", "DESC", "\u{10ffff}")
    } else {
        ("(c.user_id, c.version) > ($2, $3)", "ASC", "")
    };
    let (user, version) = behind.map_or((end, u64::MAX), |place| (place.user.as_str(), place.version));
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    pool.query_all(
        &format!(
            "SELECT p.*, t.name FROM (
                 SELECT c.user_id, c.version, c.schema_version, c.data, c.effective_at_us, c.recorded_at_us, c.type_id
                 FROM usher_index.concerns c
                 WHERE c.stream_id = (SELECT stream_id FROM usher_index.streams WHERE name = $1) AND {is_behind}
                 ORDER BY c.user_id {direction}, c.version {direction} LIMIT $4) p
                 JOIN usher_index.event_types t ON t.type_id = p.type_id
             ORDER BY p.user_id {direction}, p.version {direction}"
        ),
        &[(&stream, Type::TEXT), (&user, Type::TEXT), (&version, Type::INT8), (&most(limit), Type::INT8)],
        read_event,
    )
}

/// All events of a stream that concern one of these users alone.
pub(super) fn personal_events_of(
    pool: &Pool,
    stream: &str,
    users: &[&str],
) -> Result<Vec<PersonalEvent>, JournalError> {
    pool.query_all(
        "SELECT c.user_id, c.version, c.schema_version, c.data, c.effective_at_us, c.recorded_at_us, c.type_id, t.name
         FROM (SELECT DISTINCT user_id FROM unnest($2) AS w (user_id) WHERE user_id > '') w
              CROSS JOIN LATERAL (
                  SELECT * FROM usher_index.concerns
                  WHERE stream_id = (SELECT stream_id FROM usher_index.streams WHERE name = $1)
                    AND user_id = w.user_id) c
              JOIN usher_index.event_types t ON t.type_id = c.type_id
         ORDER BY c.user_id, c.version",
        &[(&stream, Type::TEXT), (&users, Type::TEXT_ARRAY)],
        read_event,
    )
}

fn read_event(row: &Row) -> Result<PersonalEvent, Failure> {
    Ok(PersonalEvent {
        user: plain(row, 0)?,
        version: unsigned(row, 1)?,
        schema_version: unsigned(row, 2)?,
        data: plain(row, 3)?,
        effective_at: instant(row, 4)?,
        recorded_at: instant(row, 5)?,
        event_type: plain(row, 7)?,
    })
}
