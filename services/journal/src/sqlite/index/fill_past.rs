//! Writing what the index keeps of the past.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::read;

use crate::{
    BLOCK_EVENTS, EventReader,
    indexing::{Times, UseRow},
    sqlite::value::signed,
};

/// Writes who used, who joined what, and who was named.
pub(super) fn write(
    connection: &Connection,
    uses: &[UseRow],
    joined: &BTreeSet<(String, String)>,
    first_named: &BTreeMap<String, Times>,
) -> rusqlite::Result<()> {
    write_uses(connection, uses)?;
    let mut join =
        connection.prepare_cached("INSERT OR IGNORE INTO memberships_ever (user, licensee) VALUES (?1, ?2)")?;
    for (user, licensee) in joined {
        join.execute([user, licensee])?;
    }
    let mut name = connection.prepare_cached(
        "INSERT INTO first_named (user, effective_at_us, recorded_at_us) VALUES (?1, ?2, ?3)
         ON CONFLICT (user) DO UPDATE SET effective_at_us = min(effective_at_us, excluded.effective_at_us),
             recorded_at_us = min(recorded_at_us, excluded.recorded_at_us)
         WHERE excluded.effective_at_us < effective_at_us OR excluded.recorded_at_us < recorded_at_us",
    )?;
    for (user, Times { effective_at_us, recorded_at_us }) in first_named {
        name.execute(params![user, effective_at_us, recorded_at_us])?;
    }
    Ok(())
}

/// Keeps those uses that were the user's latest when they were noted: the others are nobody's last use at any moment.
fn write_uses(connection: &Connection, uses: &[UseRow]) -> rusqlite::Result<()> {
    let mut in_order: Vec<&UseRow> = uses.iter().collect();
    in_order.sort_by(|one, other| one.user.cmp(&other.user));
    let mut insert = connection.prepare_cached(
        "INSERT INTO uses (user, effective_at_us, used_at_us, recorded_at_us) SELECT ?1, ?2, ?3, ?4
         WHERE NOT EXISTS (SELECT 1 FROM usage WHERE user = ?1 AND last_used_at_us >= ?3)",
    )?;
    for UseRow { user, used_at_us, noted } in in_order {
        insert.execute(params![user, noted.effective_at_us, used_at_us, noted.recorded_at_us])?;
    }
    Ok(())
}

/// Keeps the times of the block that ends with the event of this key and version, and the small state behind it.
pub(super) fn write_block(
    connection: &Connection,
    last_key: i64,
    last_version: u64,
    reader: EventReader,
) -> rusqlite::Result<()> {
    let state = fold_block(connection, last_key, last_version, reader)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO blocks (key, effective_min_us, effective_max_us, recorded_max_us, state)
         SELECT ?1, min(effective_at_us), max(effective_at_us), max(recorded_at_us), ?3 FROM events
         WHERE key > ?1 - ?2 AND key <= ?1",
    )?;
    insert.execute(params![last_key, signed(BLOCK_EVENTS)?, state])?;
    Ok(())
}

fn fold_block(
    connection: &Connection,
    last_key: i64,
    last_version: u64,
    reader: EventReader,
) -> rusqlite::Result<Option<Vec<u8>>> {
    let before = last_key - signed(BLOCK_EVENTS)?;
    let mut state_before = connection.prepare_cached("SELECT state FROM blocks WHERE key = ?1")?;
    let state_before: Option<Vec<u8>> = state_before.query_row([before], |row| row.get(0)).optional()?.flatten();
    if state_before.is_none() && last_version > BLOCK_EVENTS {
        return Ok(None);
    }
    let mut events =
        connection.prepare_cached("SELECT record FROM events WHERE key > ?1 AND key <= ?2 ORDER BY key")?;
    let events =
        events.query_map([before, last_key], |row| read::read_event(row, 0))?.collect::<Result<Vec<_>, _>>()?;
    Ok((reader.fold_block)(state_before.as_deref(), &events))
}
