//! The rows of the index, for whoever holds it against the journal.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{SqliteIndex, read, snapshots};
use crate::{
    EventMark, IndexInspection, JournalError, KeptState, KeptUse, RowCounts,
    sqlite::{
        key::version_of,
        value::{instant, signed, unsigned},
    },
};

impl IndexInspection for SqliteIndex {
    fn event_marks(&self, stream: &str, after_version: u64, limit: usize) -> Result<Vec<EventMark>, JournalError> {
        self.read(|connection| event_marks(connection, stream, after_version, limit))
    }

    fn kept_uses(&self, user: &str, after: Option<&KeptUse>, limit: usize) -> Result<Vec<KeptUse>, JournalError> {
        self.read(|connection| kept_uses(connection, user, after, limit))
    }

    fn count_of_kept_uses(&self, user: &str) -> Result<u64, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT count(*) FROM uses WHERE user = ?1")?;
            statement.query_row([user], |row| unsigned(row, 0))
        })
    }

    fn next_past_state(&self, stream: &str, after_version: u64) -> Result<Option<KeptState>, JournalError> {
        self.read(|connection| next_past_state(connection, stream, after_version))
    }

    fn row_counts(&self) -> Result<RowCounts, JournalError> {
        self.read(row_counts)
    }
}

fn event_marks(
    connection: &Connection,
    stream: &str,
    after_version: u64,
    limit: usize,
) -> rusqlite::Result<Vec<EventMark>> {
    let Some(keys) = read::KeyRange::after(connection, stream, after_version)? else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(
        "SELECT key, coalesce((SELECT name FROM event_types WHERE id = event_type), ''), effective_at_us, recorded_at_us
         FROM events WHERE key > ?1 AND key <= ?2 ORDER BY key LIMIT ?3",
    )?;
    let read = |row: &Row<'_>| {
        Ok(EventMark {
            version: version_of(row.get(0)?),
            event_type: row.get(1)?,
            effective_at: instant(row, 2)?,
            recorded_at: instant(row, 3)?,
        })
    };
    statement.query_map(params![keys.after, keys.last, most(limit)], read)?.collect()
}

fn kept_uses(
    connection: &Connection,
    user: &str,
    after: Option<&KeptUse>,
    limit: usize,
) -> rusqlite::Result<Vec<KeptUse>> {
    let mut statement = connection.prepare_cached(
        "SELECT used_at_us, effective_at_us, recorded_at_us FROM uses
         WHERE user = ?1 AND (effective_at_us, used_at_us) > (?2, ?3) ORDER BY effective_at_us, used_at_us LIMIT ?4",
    )?;
    let (noted_at_us, used_at_us) = after.map_or((i64::MIN, i64::MIN), |KeptUse { used_at, noted_at, .. }| {
        (noted_at.timestamp_micros(), used_at.timestamp_micros())
    });
    let read = |row: &Row<'_>| {
        Ok(KeptUse { used_at: instant(row, 0)?, noted_at: instant(row, 1)?, recorded_at: instant(row, 2)? })
    };
    statement.query_map(params![user, noted_at_us, used_at_us, most(limit)], read)?.collect()
}

fn next_past_state(connection: &Connection, stream: &str, after_version: u64) -> rusqlite::Result<Option<KeptState>> {
    let mut statement = connection.prepare_cached(
        "SELECT version, state_version, checksum, bytes FROM past_states WHERE stream = ?1 AND version > ?2
         ORDER BY version LIMIT 1",
    )?;
    let read = |row: &Row<'_>| {
        let version = unsigned(row, 0)?;
        Ok(snapshots::read(row)?.map_or(KeptState::Damaged { version }, KeptState::Sound))
    };
    statement.query_row(params![stream, signed(after_version)?], read).optional()
}

fn row_counts(connection: &Connection) -> rusqlite::Result<RowCounts> {
    let sql = "SELECT (SELECT count(*) FROM streams), (SELECT count(*) FROM events), (SELECT count(*) FROM blocks),
                      (SELECT count(*) FROM usage), (SELECT count(*) FROM uses), (SELECT count(*) FROM memberships),
                      (SELECT count(*) FROM memberships_ever), (SELECT count(*) FROM first_named),
                      (SELECT count(*) FROM concerns)";
    connection.query_row(sql, [], |row| {
        Ok(RowCounts {
            streams: unsigned(row, 0)?,
            events: unsigned(row, 1)?,
            blocks: unsigned(row, 2)?,
            last_uses: unsigned(row, 3)?,
            uses: unsigned(row, 4)?,
            memberships: unsigned(row, 5)?,
            memberships_ever: unsigned(row, 6)?,
            first_named: unsigned(row, 7)?,
            concerns: unsigned(row, 8)?,
        })
    })
}

fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
