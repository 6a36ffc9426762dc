//! What the index tells of how things were.

use licensing::Instant;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{SqliteIndex, concerns, read, snapshots};
use crate::{
    BlockState, EventBlock, FirstNamed, HistoryFilter, JournalError, Moment, Page, PastIndex, PersonalEvent,
    PersonalPlace, Snapshot,
    sqlite::{
        failure::InFile,
        key::{event_key, version_of},
        value::{instant, signed},
    },
};

impl PastIndex for SqliteIndex {
    fn blocks(&self, stream: &str) -> Result<Vec<EventBlock>, JournalError> {
        self.read(|connection| blocks(connection, stream))
    }

    fn block_states(&self, stream: &str, versions: &[u64]) -> Result<Vec<BlockState>, JournalError> {
        self.read(|connection| block_states(connection, stream, versions))
    }

    fn history_about(&self, stream: &str, user: &str, filter: &HistoryFilter) -> Result<Page, JournalError> {
        self.read(|connection| concerns::history_about(connection, stream, user, filter))
    }

    fn personal_events(
        &self,
        stream: &str,
        behind: Option<&PersonalPlace>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<PersonalEvent>, JournalError> {
        self.read(|connection| concerns::personal_events(connection, stream, behind, descending, limit))
    }

    fn personal_events_of(&self, stream: &str, users: &[&str]) -> Result<Vec<PersonalEvent>, JournalError> {
        self.read(|connection| concerns::personal_events_of(connection, stream, users))
    }

    fn last_uses_at(&self, users: &[&str], moment: &Moment) -> Result<Vec<Option<Instant>>, JournalError> {
        self.read(|connection| users.iter().map(|user| last_use_at(connection, user, moment)).collect())
    }

    fn memberships_ever(&self, user: &str) -> Result<Vec<String>, JournalError> {
        self.read(|connection| memberships_ever(connection, user))
    }

    fn first_named(&self, user: &str) -> Result<Option<FirstNamed>, JournalError> {
        self.read(|connection| first_named(connection, user))
    }

    fn past_state(&self, stream: &str, version_max: u64) -> Result<Option<Snapshot>, JournalError> {
        self.read(|connection| past_state(connection, stream, version_max))
    }

    fn put_past_state(&self, stream: &str, state: &Snapshot) -> Result<(), JournalError> {
        self.progress.check()?;
        put_past_state(&self.writer.lock(), stream, state).in_file(&self.path)
    }
}

fn blocks(connection: &Connection, stream: &str) -> rusqlite::Result<Vec<EventBlock>> {
    let Some(keys) = read::KeyRange::after(connection, stream, 0)? else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(
        "SELECT key, effective_min_us, effective_max_us, recorded_max_us FROM blocks
         WHERE key > ?1 AND key <= ?2 ORDER BY key",
    )?;
    let read = |row: &Row<'_>| {
        Ok(EventBlock {
            last_version: version_of(row.get(0)?),
            effective_min: instant(row, 1)?,
            effective_max: instant(row, 2)?,
            recorded_max: instant(row, 3)?,
        })
    };
    statement.query_map(params![keys.after, keys.last], read)?.collect()
}

fn block_states(connection: &Connection, stream: &str, versions: &[u64]) -> rusqlite::Result<Vec<BlockState>> {
    let Some((stream_id, _)) = read::stream(connection, stream)? else { return Ok(Vec::new()) };
    let mut in_order = versions.to_vec();
    in_order.sort_unstable();
    in_order.dedup();
    let mut statement = connection.prepare_cached("SELECT state FROM blocks WHERE key = ?1 AND state IS NOT NULL")?;
    let mut states = Vec::new();
    for version in in_order {
        let Some(key) = event_key(stream_id, version) else { continue };
        let found = statement.query_row([key], |row| row.get(0)).optional()?;
        states.extend(found.map(|bytes| BlockState { version, bytes }));
    }
    Ok(states)
}

fn last_use_at(connection: &Connection, user: &str, moment: &Moment) -> rusqlite::Result<Option<Instant>> {
    // Of those that are kept, each is later than the ones noted before it: the last one noted by then is the latest.
    let mut statement = connection.prepare_cached(
        "SELECT used_at_us FROM uses WHERE user = ?1 AND effective_at_us <= ?2 AND recorded_at_us <= ?3
         ORDER BY effective_at_us DESC, used_at_us DESC LIMIT 1",
    )?;
    let wanted = params![user, moment.effective_max_us(), moment.recorded_max_us()];
    statement.query_row(wanted, |row| instant(row, 0)).optional()
}

fn memberships_ever(connection: &Connection, user: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement =
        connection.prepare_cached("SELECT licensee FROM memberships_ever WHERE user = ?1 ORDER BY licensee")?;
    statement.query_map([user], |row| row.get(0))?.collect()
}

fn first_named(connection: &Connection, user: &str) -> rusqlite::Result<Option<FirstNamed>> {
    let mut statement =
        connection.prepare_cached("SELECT effective_at_us, recorded_at_us FROM first_named WHERE user = ?1")?;
    let read = |row: &Row<'_>| Ok(FirstNamed { effective_at: instant(row, 0)?, recorded_at: instant(row, 1)? });
    statement.query_row([user], read).optional()
}

fn past_state(connection: &Connection, stream: &str, version_max: u64) -> rusqlite::Result<Option<Snapshot>> {
    let mut statement = connection.prepare_cached(
        "SELECT version, state_version, checksum, bytes FROM past_states WHERE stream = ?1 AND version <= ?2
         ORDER BY version DESC LIMIT 1",
    )?;
    let version_max = i64::try_from(version_max).unwrap_or(i64::MAX);
    let found = statement.query_row(params![stream, version_max], snapshots::read).optional()?;
    Ok(found.flatten())
}

fn put_past_state(connection: &Connection, stream: &str, state: &Snapshot) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO past_states (stream, version, state_version, checksum, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let Snapshot { version, state_version, bytes } = state;
    statement.execute(params![stream, signed(*version)?, state_version, snapshots::checksum(bytes), bytes])?;
    Ok(())
}
