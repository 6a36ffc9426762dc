//! Writing rows into the index: in few statements, each in key order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use postgres::{Transaction, types::Type};

use super::{
    concerns::Concerns,
    fill_past::{self, Joined, Named, Uses},
};
use crate::{
    BLOCK_EVENTS, EventReader, Head,
    indexing::{CommandRow, EventRow, Rows},
    postgres::{
        append::read_head,
        failure::Failure,
        statement::Statement,
        value::{plain, signed},
    },
};

/// Writes rows and, with them, how far the index is then; false, with nothing to be kept, if it is not at `before` (the
/// ends of the same shards) any more: somebody else filled it.
pub(super) fn write(
    transaction: &mut Transaction<'_>,
    rows: &Rows,
    before: &[Head],
    reader: EventReader,
) -> Result<bool, Failure> {
    // First, so that whoever else fills these shards waits here, and has written nothing yet.
    if !lock_progress(transaction, before)? {
        return Ok(false);
    }
    let streams = stream_ids(transaction, &rows.events)?;
    let types = type_ids(transaction, &rows.events)?;
    let keyed = keyed(&rows.events, &streams, &types)?;
    let events = Events::of(&keyed)?;
    let concerns = Concerns::of(keyed.iter().copied())?;
    let commands = Commands::of(&rows.commands)?;
    let (usage, memberships, timers) = (Usage::of(rows), Memberships::of(rows), Timers::of(rows));
    let (uses, joined, named) = (Uses::of(rows), Joined::of(rows), Named::of(rows));
    let progress = Advance::of(rows)?;
    let mut statement = Statement::default();
    progress.add_to(&mut statement);
    events.add_to(&mut statement);
    concerns.add_to(&mut statement);
    commands.add_to(&mut statement);
    usage.add_to(&mut statement);
    memberships.add_to(&mut statement);
    timers.add_to(&mut statement);
    uses.add_to(&mut statement);
    joined.add_to(&mut statement);
    named.add_to(&mut statement);
    let (sql, params) = statement.finish();
    transaction.query_typed(&sql, &params)?;
    fill_past::write_blocks(transaction, events.ends_of_blocks(), reader)?;
    Ok(true)
}

/// Keeps everybody else from filling the shards of `before`; false if one of them is no longer there.
fn lock_progress(transaction: &mut Transaction<'_>, before: &[Head]) -> Result<bool, Failure> {
    let shards: Vec<i32> = before.iter().map(|head| head.shard.into()).collect();
    let rows = transaction.query_typed(
        "SELECT shard, commit_number, position FROM usher_index.progress WHERE shard = ANY ($1)
         ORDER BY shard FOR UPDATE",
        &[(&shards, Type::INT4_ARRAY)],
    )?;
    let found = rows.iter().map(read_head).collect::<Result<Vec<Head>, Failure>>()?;
    Ok(found == before)
}

/// Up to where shards are indexed from now on.
#[derive(Default)]
struct Advance {
    shards: Vec<i32>,
    numbers: Vec<i64>,
    positions: Vec<i64>,
    checksums: Vec<i64>,
}

impl Advance {
    fn of(rows: &Rows) -> Result<Self, Failure> {
        let mut all = Self::default();
        for mark in rows.marks.values() {
            all.shards.push(mark.head.shard.into());
            all.numbers.push(signed(mark.head.commit_number)?);
            all.positions.push(signed(mark.head.position)?);
            all.checksums.push(mark.checksum.cast_signed());
        }
        Ok(all)
    }

    fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        statement.part(
            "advanced AS (
                 UPDATE usher_index.progress p
                 SET commit_number = w.number, position = w.position, checksum = w.checksum
                 FROM unnest(?, ?, ?, ?) AS w (shard, number, position, checksum)
                 WHERE p.shard = w.shard)",
            [
                (&self.shards, Type::INT4_ARRAY),
                (&self.numbers, Type::INT8_ARRAY),
                (&self.positions, Type::INT8_ARRAY),
                (&self.checksums, Type::INT8_ARRAY),
            ],
        );
    }
}

/// The ids of the streams that events belong to; streams that are new are added.
fn stream_ids(transaction: &mut Transaction<'_>, events: &[EventRow]) -> Result<HashMap<String, i64>, Failure> {
    let streams: BTreeMap<&str, i32> =
        events.iter().map(|event| (event.stream.as_str(), i32::from(event.shard))).collect();
    if streams.is_empty() {
        return Ok(HashMap::new());
    }
    let (names, shards): (Vec<&str>, Vec<i32>) = streams.into_iter().unzip();
    // A stream belongs to one shard, which nobody else fills meanwhile.
    let rows = transaction.query_typed(
        "WITH wanted AS MATERIALIZED (
                  SELECT w.name, w.shard, s.stream_id FROM unnest($1, $2) AS w (name, shard)
                         LEFT JOIN LATERAL (
                             SELECT stream_id FROM usher_index.streams WHERE name = w.name LIMIT 1) AS s ON true),
              made AS (
                  INSERT INTO usher_index.streams (name, shard)
                  SELECT name, shard FROM wanted WHERE stream_id IS NULL RETURNING name, stream_id)
         SELECT name, stream_id FROM made
         UNION ALL SELECT name, stream_id FROM wanted WHERE stream_id IS NOT NULL",
        &[(&names, Type::TEXT_ARRAY), (&shards, Type::INT4_ARRAY)],
    )?;
    rows.iter().map(|row| Ok((plain(row, 0)?, plain(row, 1)?))).collect()
}

/// The ids of the types of events; types that are new are added.
fn type_ids(transaction: &mut Transaction<'_>, events: &[EventRow]) -> Result<HashMap<String, i32>, Failure> {
    let names: BTreeSet<&str> = events.iter().map(|event| event.event_type.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let known = known_type_ids(transaction, &names)?;
    if known.len() == names.len() {
        return Ok(known);
    }
    // Others may add the same: whoever comes second waits, and then reads what the first has added.
    let missing: Vec<&str> = names.iter().copied().filter(|name| !known.contains_key(*name)).collect();
    transaction.execute_typed(
        "INSERT INTO usher_index.event_types (name) SELECT * FROM unnest($1) ON CONFLICT (name) DO NOTHING",
        &[(&missing, Type::TEXT_ARRAY)],
    )?;
    known_type_ids(transaction, &names)
}

fn known_type_ids(transaction: &mut Transaction<'_>, names: &[&str]) -> Result<HashMap<String, i32>, Failure> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = transaction.query_typed(
        "SELECT name, type_id FROM usher_index.event_types WHERE name = ANY ($1)",
        &[(&names, Type::TEXT_ARRAY)],
    )?;
    rows.iter().map(|row| Ok((plain(row, 0)?, plain(row, 1)?))).collect()
}

/// Events with the ids of their streams and of their types, in the order of both.
fn keyed<'a>(
    events: &'a [EventRow],
    streams: &HashMap<String, i64>,
    types: &HashMap<String, i32>,
) -> Result<Vec<(i64, i32, &'a EventRow)>, Failure> {
    let unnamed = |event: &EventRow| Failure::Damaged(format!("{} has no id in usher_index", event.stream));
    let mut keyed = Vec::with_capacity(events.len());
    for event in events {
        let stream_id = *streams.get(&event.stream).ok_or_else(|| unnamed(event))?;
        let type_id = *types.get(&event.event_type).ok_or_else(|| unnamed(event))?;
        keyed.push((stream_id, type_id, event));
    }
    keyed.sort_unstable_by_key(|(stream_id, _, event)| (*stream_id, event.version));
    Ok(keyed)
}

#[derive(Default)]
struct Events<'a> {
    stream_ids: Vec<i64>,
    versions: Vec<i64>,
    positions: Vec<i64>,
    effective_at_us: Vec<i64>,
    recorded_at_us: Vec<i64>,
    type_ids: Vec<i32>,
    records: Vec<&'a [u8]>,
}

impl<'a> Events<'a> {
    fn of(keyed: &[(i64, i32, &'a EventRow)]) -> Result<Self, Failure> {
        let mut all = Self::default();
        for (stream_id, type_id, event) in keyed {
            all.stream_ids.push(*stream_id);
            all.versions.push(signed(event.version)?);
            all.positions.push(signed(event.position)?);
            all.effective_at_us.push(event.effective_at_us);
            all.recorded_at_us.push(event.recorded_at_us);
            all.type_ids.push(*type_id);
            all.records.push(&event.record);
        }
        Ok(all)
    }

    /// The streams and versions with which blocks are whole.
    fn ends_of_blocks(&self) -> impl Iterator<Item = (i64, i64)> {
        let versions = self.stream_ids.iter().copied().zip(self.versions.iter().copied());
        versions.filter(|(_, version)| version.unsigned_abs() % BLOCK_EVENTS == 0)
    }

    fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.versions.is_empty() {
            return;
        }
        statement.part(
            "put_events AS (
                 INSERT INTO usher_index.events
                     (stream_id, version, position, effective_at_us, recorded_at_us, type_id, record)
                 SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?))",
            [
                (&self.stream_ids, Type::INT8_ARRAY),
                (&self.versions, Type::INT8_ARRAY),
                (&self.positions, Type::INT8_ARRAY),
                (&self.effective_at_us, Type::INT8_ARRAY),
                (&self.recorded_at_us, Type::INT8_ARRAY),
                (&self.type_ids, Type::INT4_ARRAY),
                (&self.records, Type::BYTEA_ARRAY),
            ],
        );
    }
}

#[derive(Default)]
struct Commands<'a> {
    keys: Vec<&'a [u8]>,
    recorded_at_us: Vec<i64>,
    shards: Vec<i32>,
    numbers: Vec<i64>,
    places: Vec<i64>,
}

impl<'a> Commands<'a> {
    /// Of one id used several times only the latest.
    fn of(commands: &'a [CommandRow]) -> Result<Self, Failure> {
        let age = |row: &CommandRow| (row.recorded_at_us, row.shard, row.number, row.place);
        let mut latest: BTreeMap<&[u8; 16], &CommandRow> = BTreeMap::new();
        for row in commands {
            let kept = latest.entry(&row.key).or_insert(row);
            if age(row) > age(kept) {
                *kept = row;
            }
        }
        let mut all = Self::default();
        for (key, row) in latest {
            all.keys.push(key);
            all.recorded_at_us.push(row.recorded_at_us);
            all.shards.push(row.shard.into());
            all.numbers.push(signed(row.number)?);
            all.places.push(row.place.into());
        }
        Ok(all)
    }

    /// An id may be used anew once its time is over. The later outcome holds, whichever shard is indexed first.
    fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.keys.is_empty() {
            return;
        }
        statement.part(
            "put_commands AS (
                 INSERT INTO usher_index.commands AS c (key, recorded_at_us, shard, commit_number, place)
                 SELECT * FROM unnest(?, ?, ?, ?, ?)
                 ON CONFLICT (key) DO UPDATE
                     SET recorded_at_us = excluded.recorded_at_us, shard = excluded.shard,
                         commit_number = excluded.commit_number, place = excluded.place
                     WHERE (c.recorded_at_us, c.shard, c.commit_number, c.place)
                           < (excluded.recorded_at_us, excluded.shard, excluded.commit_number, excluded.place))",
            [
                (&self.keys, Type::BYTEA_ARRAY),
                (&self.recorded_at_us, Type::INT8_ARRAY),
                (&self.shards, Type::INT4_ARRAY),
                (&self.numbers, Type::INT8_ARRAY),
                (&self.places, Type::INT8_ARRAY),
            ],
        );
    }
}

struct Usage<'a> {
    users: Vec<&'a str>,
    last_used_at_us: Vec<i64>,
}

impl<'a> Usage<'a> {
    fn of(rows: &'a Rows) -> Self {
        let sorted: BTreeMap<&str, i64> =
            rows.last_uses_us.iter().map(|(user, last_use_us)| (user.as_str(), *last_use_us)).collect();
        let (users, last_used_at_us) = sorted.into_iter().unzip();
        Self { users, last_used_at_us }
    }

    fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if self.users.is_empty() {
            return;
        }
        statement.part(
            "put_usage AS (
                 INSERT INTO usher_index.usage AS u (user_id, last_used_at_us) SELECT * FROM unnest(?, ?)
                 ON CONFLICT (user_id) DO UPDATE SET last_used_at_us = excluded.last_used_at_us
                     WHERE u.last_used_at_us < excluded.last_used_at_us)",
            [(&self.users, Type::TEXT_ARRAY), (&self.last_used_at_us, Type::INT8_ARRAY)],
        );
    }
}

#[derive(Default)]
struct Memberships<'a> {
    added: (Vec<&'a str>, Vec<&'a str>),
    removed: (Vec<&'a str>, Vec<&'a str>),
}

impl<'a> Memberships<'a> {
    fn of(rows: &'a Rows) -> Self {
        let mut all = Self::default();
        for ((user, licensee), is_member) in &rows.memberships {
            let (users, licensees) = if *is_member { &mut all.added } else { &mut all.removed };
            users.push(user.as_str());
            licensees.push(licensee.as_str());
        }
        all
    }

    fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        let (users, licensees) = &self.added;
        if !users.is_empty() {
            statement.part(
                "put_memberships AS (
                     INSERT INTO usher_index.memberships (user_id, licensee) SELECT * FROM unnest(?, ?)
                     ON CONFLICT (user_id, licensee) DO NOTHING)",
                [(users, Type::TEXT_ARRAY), (licensees, Type::TEXT_ARRAY)],
            );
        }
        let (users, licensees) = &self.removed;
        if !users.is_empty() {
            statement.part(
                "removed_memberships AS (
                     DELETE FROM usher_index.memberships m USING unnest(?, ?) AS w (user_id, licensee)
                     WHERE m.user_id = w.user_id AND m.licensee = w.licensee)",
                [(users, Type::TEXT_ARRAY), (licensees, Type::TEXT_ARRAY)],
            );
        }
    }
}

#[derive(Default)]
struct Timers<'a> {
    armed: Vec<&'a str>,
    due_at_us: Vec<i64>,
    disarmed: Vec<&'a str>,
}

impl<'a> Timers<'a> {
    fn of(rows: &'a Rows) -> Self {
        let mut all = Self::default();
        for (licensee, due_at_us) in &rows.timers_us {
            match due_at_us {
                Some(due_at_us) => {
                    all.armed.push(licensee);
                    all.due_at_us.push(*due_at_us);
                }
                None => all.disarmed.push(licensee),
            }
        }
        all
    }

    fn add_to<'s>(&'s self, statement: &mut Statement<'s>) {
        if !self.armed.is_empty() {
            statement.part(
                "put_timers AS (
                     INSERT INTO usher_index.timers (licensee, due_at_us) SELECT * FROM unnest(?, ?)
                     ON CONFLICT (licensee) DO UPDATE SET due_at_us = excluded.due_at_us)",
                [(&self.armed, Type::TEXT_ARRAY), (&self.due_at_us, Type::INT8_ARRAY)],
            );
        }
        if !self.disarmed.is_empty() {
            statement.part(
                "removed_timers AS (DELETE FROM usher_index.timers WHERE licensee = ANY (?))",
                [(&self.disarmed, Type::TEXT_ARRAY)],
            );
        }
    }
}
