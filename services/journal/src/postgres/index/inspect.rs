//! The rows of the index, for whoever holds it against the journal.

use postgres::types::Type;

use super::{PostgresIndex, snapshots};
use crate::{
    EventMark, IndexInspection, JournalError, KeptState, KeptUse, RowCounts,
    postgres::{
        pool::Pool,
        value::{instant, limit as most, plain, signed, unsigned},
    },
};

impl IndexInspection for PostgresIndex {
    fn event_marks(&self, stream: &str, after_version: u64, limit: usize) -> Result<Vec<EventMark>, JournalError> {
        event_marks(self.reading()?, stream, after_version, limit)
    }

    fn kept_uses(&self, user: &str, after: Option<&KeptUse>, limit: usize) -> Result<Vec<KeptUse>, JournalError> {
        kept_uses(self.reading()?, user, after, limit)
    }

    fn count_of_kept_uses(&self, user: &str) -> Result<u64, JournalError> {
        let count = "SELECT count(*) FROM usher_index.uses WHERE user_id = $1";
        let found = self.reading()?.query_first(count, &[(&user, Type::TEXT)], |row| unsigned(row, 0))?;
        Ok(found.unwrap_or_default())
    }

    fn next_past_state(&self, stream: &str, after_version: u64) -> Result<Option<KeptState>, JournalError> {
        next_past_state(self.reading()?, stream, after_version)
    }

    fn row_counts(&self) -> Result<RowCounts, JournalError> {
        row_counts(self.reading()?)
    }
}

fn event_marks(pool: &Pool, stream: &str, after_version: u64, limit: usize) -> Result<Vec<EventMark>, JournalError> {
    let after = signed(after_version).map_err(|failure| failure.at(pool.server()))?;
    pool.query_all(
        "SELECT e.version, coalesce(t.name, ''), e.effective_at_us, e.recorded_at_us
         FROM usher_index.events e LEFT JOIN usher_index.event_types t ON t.type_id = e.type_id
         WHERE e.stream_id = (SELECT stream_id FROM usher_index.streams WHERE name = $1) AND e.version > $2
         ORDER BY e.version LIMIT $3",
        &[(&stream, Type::TEXT), (&after, Type::INT8), (&most(limit), Type::INT8)],
        |row| {
            Ok(EventMark {
                version: unsigned(row, 0)?,
                event_type: plain(row, 1)?,
                effective_at: instant(row, 2)?,
                recorded_at: instant(row, 3)?,
            })
        },
    )
}

fn kept_uses(pool: &Pool, user: &str, after: Option<&KeptUse>, limit: usize) -> Result<Vec<KeptUse>, JournalError> {
    let (noted_at_us, used_at_us) = after.map_or((i64::MIN, i64::MIN), |KeptUse { used_at, noted_at, .. }| {
        (noted_at.timestamp_micros(), used_at.timestamp_micros())
    });
    pool.query_all(
        "SELECT used_at_us, effective_at_us, recorded_at_us FROM usher_index.uses
         WHERE user_id = $1 AND (effective_at_us, used_at_us) > ($2, $3) ORDER BY effective_at_us, used_at_us LIMIT $4",
        &[(&user, Type::TEXT), (&noted_at_us, Type::INT8), (&used_at_us, Type::INT8), (&most(limit), Type::INT8)],
        |row| Ok(KeptUse { used_at: instant(row, 0)?, noted_at: instant(row, 1)?, recorded_at: instant(row, 2)? }),
    )
}

fn next_past_state(pool: &Pool, stream: &str, after_version: u64) -> Result<Option<KeptState>, JournalError> {
    let after = signed(after_version).map_err(|failure| failure.at(pool.server()))?;
    pool.query_first(
        "SELECT version, state_version, checksum, bytes FROM usher_index.past_states
         WHERE stream = $1 AND version > $2 ORDER BY version LIMIT 1",
        &[(&stream, Type::TEXT), (&after, Type::INT8)],
        |row| {
            let version = unsigned(row, 0)?;
            Ok(snapshots::read(row)?.map_or(KeptState::Damaged { version }, KeptState::Sound))
        },
    )
}

fn row_counts(pool: &Pool) -> Result<RowCounts, JournalError> {
    let found = pool.query_first(
        "SELECT (SELECT count(*) FROM usher_index.streams), (SELECT count(*) FROM usher_index.events),
                (SELECT count(*) FROM usher_index.blocks), (SELECT count(*) FROM usher_index.usage),
                (SELECT count(*) FROM usher_index.uses), (SELECT count(*) FROM usher_index.memberships),
                (SELECT count(*) FROM usher_index.memberships_ever), (SELECT count(*) FROM usher_index.first_named),
                (SELECT count(*) FROM usher_index.concerns)",
        &[],
        |row| {
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
        },
    )?;
    Ok(found.unwrap_or_default())
}
