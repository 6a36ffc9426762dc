//! Writing what the index keeps of the past.

use postgres::{Transaction, types::Type};

use crate::{
    BLOCK_EVENTS,
    indexing::Rows,
    postgres::{failure::Failure, statement::Statement, value::signed},
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

/// Keeps the times of the blocks that end with these versions of streams. The events have to be there.
pub(super) fn write_blocks(
    transaction: &mut Transaction<'_>,
    ends: impl Iterator<Item = (i64, i64)>,
) -> Result<(), Failure> {
    let (stream_ids, last_versions): (Vec<i64>, Vec<i64>) = ends.unzip();
    if stream_ids.is_empty() {
        return Ok(());
    }
    transaction.execute_typed(
        "INSERT INTO usher_index.blocks (stream_id, last_version, effective_min_us, effective_max_us, recorded_max_us)
         SELECT w.stream_id, w.last_version, t.effective_min_us, t.effective_max_us, t.recorded_max_us
         FROM unnest($1, $2) AS w (stream_id, last_version) CROSS JOIN LATERAL (
             SELECT min(effective_at_us) AS effective_min_us, max(effective_at_us) AS effective_max_us,
                    max(recorded_at_us) AS recorded_max_us
             FROM usher_index.events e
             WHERE e.stream_id = w.stream_id AND e.version > w.last_version - $3 AND e.version <= w.last_version) AS t",
        &[(&stream_ids, Type::INT8_ARRAY), (&last_versions, Type::INT8_ARRAY), (&signed(BLOCK_EVENTS)?, Type::INT8)],
    )?;
    Ok(())
}
