//! Writing what the index keeps of the past.

use postgres::{Transaction, types::Type};

use super::read::read_event;
use crate::{
    BLOCK_EVENTS, EventReader,
    indexing::Rows,
    postgres::{
        failure::Failure,
        statement::Statement,
        value::{plain, signed},
    },
};

/// The uses that may be their users' latest so far.
#[derive(Default)]
pub(super) struct Uses<'a> {
    users: Vec<&'a str>,
    effective_at_us: Vec<i64>,
    used_at_us: Vec<i64>,
    recorded_at_us: Vec<i64>,
}

impl<'a> Uses<'a> {
    pub(super) fn of(rows: &'a Rows) -> Self {
        let mut in_order: Vec<_> = rows.uses.iter().collect();
        in_order.sort_by(|one, other| one.user.cmp(&other.user));
        let mut all = Self::default();
        for row in in_order {
            all.users.push(&row.user);
            all.effective_at_us.push(row.noted.effective_at_us);
            all.used_at_us.push(row.used_at_us);
            all.recorded_at_us.push(row.noted.recorded_at_us);
        }
        all
    }

    /// Keeps those that were the user's latest when they were noted: the others are nobody's last use at any moment. The
    /// part sees the last uses as they were before the statement.
    pub(super) fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.users.is_empty() {
            return;
        }
        statement.part(
            "put_uses AS (
                 INSERT INTO usher_index.uses (user_id, effective_at_us, used_at_us, recorded_at_us)
                 SELECT w.user_id, w.effective_at_us, w.used_at_us, w.recorded_at_us
                 FROM unnest(?, ?, ?, ?) AS w (user_id, effective_at_us, used_at_us, recorded_at_us)
                      LEFT JOIN usher_index.usage u ON u.user_id = w.user_id
                 WHERE u.last_used_at_us IS NULL OR u.last_used_at_us < w.used_at_us)",
            [
                (&self.users, Type::TEXT_ARRAY),
                (&self.effective_at_us, Type::INT8_ARRAY),
                (&self.used_at_us, Type::INT8_ARRAY),
                (&self.recorded_at_us, Type::INT8_ARRAY),
            ],
        );
    }
}

/// Who became a member of what.
#[derive(Default)]
pub(super) struct Joined<'a> {
    users: Vec<&'a str>,
    licensees: Vec<&'a str>,
}

impl<'a> Joined<'a> {
    pub(super) fn of(rows: &'a Rows) -> Self {
        let (users, licensees) = rows.joined.iter().map(|(user, licensee)| (user.as_str(), licensee.as_str())).unzip();
        Self { users, licensees }
    }

    pub(super) fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.users.is_empty() {
            return;
        }
        statement.part(
            "put_joined AS (
                 INSERT INTO usher_index.memberships_ever (user_id, licensee) SELECT * FROM unnest(?, ?)
                 ON CONFLICT (user_id, licensee) DO NOTHING)",
            [(&self.users, Type::TEXT_ARRAY), (&self.licensees, Type::TEXT_ARRAY)],
        );
    }
}

/// When users were first named.
#[derive(Default)]
pub(super) struct Named<'a> {
    users: Vec<&'a str>,
    effective_at_us: Vec<i64>,
    recorded_at_us: Vec<i64>,
}

impl<'a> Named<'a> {
    pub(super) fn of(rows: &'a Rows) -> Self {
        let mut all = Self::default();
        for (user, times) in &rows.first_named {
            all.users.push(user);
            all.effective_at_us.push(times.effective_at_us);
            all.recorded_at_us.push(times.recorded_at_us);
        }
        all
    }

    /// A user may be named in several shards, whoever of them is indexed first.
    pub(super) fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.users.is_empty() {
            return;
        }
        statement.part(
            "put_named AS (
                 INSERT INTO usher_index.first_named AS f (user_id, effective_at_us, recorded_at_us)
                 SELECT * FROM unnest(?, ?, ?)
                 ON CONFLICT (user_id) DO UPDATE
                     SET effective_at_us = least(f.effective_at_us, excluded.effective_at_us),
                         recorded_at_us = least(f.recorded_at_us, excluded.recorded_at_us)
                     WHERE excluded.effective_at_us < f.effective_at_us OR excluded.recorded_at_us < f.recorded_at_us)",
            [
                (&self.users, Type::TEXT_ARRAY),
                (&self.effective_at_us, Type::INT8_ARRAY),
                (&self.recorded_at_us, Type::INT8_ARRAY),
            ],
        );
    }
}

/// Keeps the times of the blocks that end with these versions of streams, in order, and the small states behind them. The
/// events have to be there.
pub(super) fn write_blocks(
    transaction: &mut Transaction<'_>,
    ends: impl Iterator<Item = (i64, i64)>,
    reader: EventReader,
) -> Result<(), Failure> {
    for (stream_id, last_version) in ends {
        let state = fold_block(transaction, stream_id, last_version, reader)?;
        transaction.execute_typed(
            "INSERT INTO usher_index.blocks
                 (stream_id, last_version, effective_min_us, effective_max_us, recorded_max_us, state)
             SELECT $1, $2, min(effective_at_us), max(effective_at_us), max(recorded_at_us), $4
             FROM usher_index.events WHERE stream_id = $1 AND version > $2 - $3 AND version <= $2",
            &[
                (&stream_id, Type::INT8),
                (&last_version, Type::INT8),
                (&signed(BLOCK_EVENTS)?, Type::INT8),
                (&state, Type::BYTEA),
            ],
        )?;
    }
    Ok(())
}

fn fold_block(
    transaction: &mut Transaction<'_>,
    stream_id: i64,
    last_version: i64,
    reader: EventReader,
) -> Result<Option<Vec<u8>>, Failure> {
    let before = last_version - signed(BLOCK_EVENTS)?;
    let row = transaction.query_typed_opt(
        "SELECT state FROM usher_index.blocks WHERE stream_id = $1 AND last_version = $2",
        &[(&stream_id, Type::INT8), (&before, Type::INT8)],
    )?;
    let state_before: Option<Vec<u8>> = row.map(|row| plain(&row, 0)).transpose()?.flatten();
    if state_before.is_none() && before > 0 {
        return Ok(None);
    }
    let rows = transaction.query_typed(
        "SELECT record FROM usher_index.events WHERE stream_id = $1 AND version > $2 AND version <= $3 ORDER BY version",
        &[(&stream_id, Type::INT8), (&before, Type::INT8), (&last_version, Type::INT8)],
    )?;
    let events = rows.iter().map(|row| read_event(row, 0)).collect::<Result<Vec<_>, _>>()?;
    Ok((reader.fold_block)(state_before.as_deref(), &events))
}
