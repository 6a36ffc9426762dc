//! What the index tells of how things were.

use licensing::Instant;
use postgres::types::Type;

use super::{PostgresIndex, concerns, snapshots};
use crate::{
    BlockState, EventBlock, FirstNamed, HistoryFilter, JournalError, Moment, Page, PastIndex, PersonalEvent,
    PersonalPlace, Snapshot,
    postgres::{
        details::in_order,
        pool::Pool,
        value::{instant, plain, signed, unsigned},
    },
};

impl PastIndex for PostgresIndex {
    fn blocks(&self, stream: &str) -> Result<Vec<EventBlock>, JournalError> {
        blocks(self.reading()?, stream)
    }

    fn block_states(&self, stream: &str, versions: &[u64]) -> Result<Vec<BlockState>, JournalError> {
        block_states(self.reading()?, stream, versions)
    }

    fn history_about(&self, stream: &str, user: &str, filter: &HistoryFilter) -> Result<Page, JournalError> {
        concerns::history_about(self.reading()?, stream, user, filter)
    }

    fn personal_events(
        &self,
        stream: &str,
        behind: Option<&PersonalPlace>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<PersonalEvent>, JournalError> {
        concerns::personal_events(self.reading()?, stream, behind, descending, limit)
    }

    fn personal_events_of(&self, stream: &str, users: &[&str]) -> Result<Vec<PersonalEvent>, JournalError> {
        concerns::personal_events_of(self.reading()?, stream, users)
    }

    fn last_uses_at(&self, users: &[&str], moment: &Moment) -> Result<Vec<Option<Instant>>, JournalError> {
        last_uses_at(self.reading()?, users, moment)
    }

    fn memberships_ever(&self, user: &str) -> Result<Vec<String>, JournalError> {
        memberships_ever(self.reading()?, user)
    }

    fn first_named(&self, user: &str) -> Result<Option<FirstNamed>, JournalError> {
        first_named(self.reading()?, user)
    }

    fn past_state(&self, stream: &str, version_max: u64) -> Result<Option<Snapshot>, JournalError> {
        past_state(self.reading()?, stream, version_max)
    }

    fn put_past_state(&self, stream: &str, state: &Snapshot) -> Result<(), JournalError> {
        put_past_state(self.reading()?, stream, state)
    }
}

fn blocks(pool: &Pool, stream: &str) -> Result<Vec<EventBlock>, JournalError> {
    pool.query_all(
        "SELECT last_version, effective_min_us, effective_max_us, recorded_max_us FROM usher_index.blocks
         WHERE stream_id = (SELECT stream_id FROM usher_index.streams WHERE name = $1) ORDER BY last_version",
        &[(&stream, Type::TEXT)],
        |row| {
            Ok(EventBlock {
                last_version: unsigned(row, 0)?,
                effective_min: instant(row, 1)?,
                effective_max: instant(row, 2)?,
                recorded_max: instant(row, 3)?,
            })
        },
    )
}

fn block_states(pool: &Pool, stream: &str, versions: &[u64]) -> Result<Vec<BlockState>, JournalError> {
    let versions: Vec<i64> = versions.iter().filter_map(|version| i64::try_from(*version).ok()).collect();
    pool.query_all(
        "SELECT last_version, state FROM usher_index.blocks
         WHERE stream_id = (SELECT stream_id FROM usher_index.streams WHERE name = $1) AND last_version = ANY ($2)
           AND state IS NOT NULL
         ORDER BY last_version",
        &[(&stream, Type::TEXT), (&versions, Type::INT8_ARRAY)],
        |row| Ok(BlockState { version: unsigned(row, 0)?, bytes: plain(row, 1)? }),
    )
}

fn last_uses_at(pool: &Pool, users: &[&str], moment: &Moment) -> Result<Vec<Option<Instant>>, JournalError> {
    // Of those that are kept, each is later than the ones noted before it: the last one noted by then is the latest.
    let found = pool.query_all(
        "SELECT w.user_id, u.used_at_us FROM unnest($1) AS w (user_id) CROSS JOIN LATERAL (
             SELECT used_at_us FROM usher_index.uses
             WHERE user_id = w.user_id AND effective_at_us <= $2 AND recorded_at_us <= $3
             ORDER BY effective_at_us DESC, used_at_us DESC LIMIT 1) AS u",
        &[
            (&users, Type::TEXT_ARRAY),
            (&moment.effective_max_us(), Type::INT8),
            (&moment.recorded_max_us(), Type::INT8),
        ],
        |row| Ok((plain::<String>(row, 0)?, instant(row, 1)?)),
    )?;
    let in_order = in_order(users, found, |(user, _)| user.as_str());
    Ok(in_order.into_iter().map(|found| found.map(|(_, last_use)| last_use)).collect())
}

fn memberships_ever(pool: &Pool, user: &str) -> Result<Vec<String>, JournalError> {
    pool.query_all(
        "SELECT licensee FROM usher_index.memberships_ever WHERE user_id = $1 ORDER BY licensee",
        &[(&user, Type::TEXT)],
        |row| plain(row, 0),
    )
}

fn first_named(pool: &Pool, user: &str) -> Result<Option<FirstNamed>, JournalError> {
    pool.query_first(
        "SELECT effective_at_us, recorded_at_us FROM usher_index.first_named WHERE user_id = $1",
        &[(&user, Type::TEXT)],
        |row| Ok(FirstNamed { effective_at: instant(row, 0)?, recorded_at: instant(row, 1)? }),
    )
}

fn past_state(pool: &Pool, stream: &str, version_max: u64) -> Result<Option<Snapshot>, JournalError> {
    let version_max = i64::try_from(version_max).unwrap_or(i64::MAX);
    let found = pool.query_first(
        "SELECT version, state_version, checksum, bytes FROM usher_index.past_states
         WHERE stream = $1 AND version <= $2 ORDER BY version DESC LIMIT 1",
        &[(&stream, Type::TEXT), (&version_max, Type::INT8)],
        snapshots::read,
    )?;
    Ok(found.flatten())
}

fn put_past_state(pool: &Pool, stream: &str, state: &Snapshot) -> Result<(), JournalError> {
    let version = signed(state.version).map_err(|failure| failure.at(pool.server()))?;
    pool.repeat(
        "INSERT INTO usher_index.past_states (stream, version, state_version, checksum, bytes)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (stream, version) DO UPDATE SET state_version = excluded.state_version,
             checksum = excluded.checksum, bytes = excluded.bytes",
        &[
            (&stream, Type::TEXT),
            (&version, Type::INT8),
            (&i64::from(state.state_version), Type::INT8),
            (&snapshots::checksum(&state.bytes), Type::INT8),
            (&state.bytes, Type::BYTEA),
        ],
    )?;
    Ok(())
}
