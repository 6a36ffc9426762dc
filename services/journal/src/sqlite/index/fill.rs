//! Writing rows into the index, in key order, so that each page is touched once.

use std::collections::HashMap;

use rusqlite::{Connection, Transaction, params};

use super::{
    concerns::{self, Concerning},
    fill_past, read,
};
use crate::{
    BLOCK_EVENTS, EventReader,
    indexing::{CommandRow, EventRow, Rows, ShardMark},
    sqlite::{
        key::{CommitKey, event_key},
        value::signed,
        value::unreadable,
    },
};

/// How many ids are kept at hand; beyond it they are looked up again.
const IDS_MAX: usize = 100_000;

/// Ids of streams and event types that were looked up before.
#[derive(Default)]
pub(super) struct Ids {
    streams: HashMap<String, i64>,
    event_types: HashMap<String, i64>,
}

impl Ids {
    /// Forgets all if they have become many.
    fn bound(&mut self) {
        for ids in [&mut self.streams, &mut self.event_types] {
            if ids.len() > IDS_MAX {
                ids.clear();
            }
        }
    }
}

/// Writes rows and, with them, how far the index is then.
///
/// Gives back the commands whose id was used before, which are not written.
pub(super) fn write(
    transaction: &Transaction<'_>,
    rows: Rows,
    ids: &mut Ids,
    reader: EventReader,
) -> rusqlite::Result<Vec<CommandRow>> {
    ids.bound();
    write_events(transaction, &rows.events, ids, reader)?;
    // Before the last uses, which tell them what is news.
    fill_past::write(transaction, &rows.uses, &rows.joined, &rows.first_named)?;
    let reused = write_commands(transaction, rows.commands)?;
    write_last_uses(transaction, rows.last_uses_us)?;
    for ((user, licensee), is_member) in &rows.memberships {
        write_membership(transaction, user, licensee, *is_member)?;
    }
    for (licensee, due_at_us) in &rows.timers_us {
        write_timer(transaction, licensee, *due_at_us)?;
    }
    for mark in rows.marks.values() {
        write_mark(transaction, mark)?;
    }
    Ok(reused)
}

fn write_events(
    connection: &Connection,
    events: &[EventRow],
    ids: &mut Ids,
    reader: EventReader,
) -> rusqlite::Result<()> {
    let mut keyed = Vec::with_capacity(events.len());
    for event in events {
        let stream_id = stream_id(connection, &mut ids.streams, event)?;
        let key = event_key(stream_id, event.version)
            .ok_or_else(|| unreadable(0, format!("version {} of a stream is out of range", event.version)))?;
        let event_type = event_type_id(connection, &mut ids.event_types, &event.event_type)?;
        keyed.push((key, Concerning { stream_id, event_type, event }));
    }
    keyed.sort_unstable_by_key(|(key, _)| *key);
    let mut insert = connection.prepare_cached(
        "INSERT INTO events (key, position, event_type, effective_at_us, recorded_at_us, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (key, Concerning { event_type, event, .. }) in &keyed {
        let EventRow { version, position, effective_at_us, recorded_at_us, record, .. } = event;
        insert.execute(params![key, signed(*position)?, event_type, effective_at_us, recorded_at_us, record])?;
        if version % BLOCK_EVENTS == 0 {
            fill_past::write_block(connection, *key, *version, reader)?;
        }
    }
    concerns::write(connection, keyed.into_iter().map(|(_, concerning)| concerning))
}

fn stream_id(connection: &Connection, known: &mut HashMap<String, i64>, event: &EventRow) -> rusqlite::Result<i64> {
    if let Some(id) = known.get(&event.stream) {
        return Ok(*id);
    }
    let id = match read::stream_id(connection, &event.stream)? {
        Some(id) => id,
        None => connection
            .prepare_cached("INSERT INTO streams (name, shard) VALUES (?1, ?2) RETURNING id")?
            .query_row(params![event.stream, event.shard], |row| row.get(0))?,
    };
    known.insert(event.stream.clone(), id);
    Ok(id)
}

fn event_type_id(connection: &Connection, known: &mut HashMap<String, i64>, name: &str) -> rusqlite::Result<i64> {
    if let Some(id) = known.get(name) {
        return Ok(*id);
    }
    connection.prepare_cached("INSERT OR IGNORE INTO event_types (name) VALUES (?1)")?.execute([name])?;
    let id =
        connection.prepare_cached("SELECT id FROM event_types WHERE name = ?1")?.query_row([name], |row| row.get(0))?;
    known.insert(name.to_owned(), id);
    Ok(id)
}

/// Writes what is new and gives back the rest.
fn write_commands(connection: &Connection, mut commands: Vec<CommandRow>) -> rusqlite::Result<Vec<CommandRow>> {
    commands.sort_unstable_by_key(|command| command.key);
    let mut insert =
        connection.prepare_cached("INSERT OR IGNORE INTO commands (key, commit_key, place) VALUES (?1, ?2, ?3)")?;
    let mut reused = Vec::new();
    for command in commands {
        if insert.execute(params![command.key, commit_key(&command)?, command.place])? == 0 {
            reused.push(command);
        }
    }
    Ok(reused)
}

/// Lets the index name another outcome for a command.
pub(super) fn replace_command(connection: &Connection, command: &CommandRow) -> rusqlite::Result<()> {
    let mut update = connection.prepare_cached("UPDATE commands SET commit_key = ?2, place = ?3 WHERE key = ?1")?;
    update.execute(params![command.key, commit_key(command)?, command.place])?;
    Ok(())
}

fn commit_key(command: &CommandRow) -> rusqlite::Result<i64> {
    let key = CommitKey::new(command.shard, command.number).map(CommitKey::to_integer);
    key.ok_or_else(|| unreadable(0, format!("commit {} of a shard is out of range", command.number)))
}

fn write_last_uses(connection: &Connection, last_uses_us: HashMap<String, i64>) -> rusqlite::Result<()> {
    let mut last_uses_us: Vec<_> = last_uses_us.into_iter().collect();
    last_uses_us.sort_unstable();
    let mut upsert = connection.prepare_cached(
        "INSERT INTO usage (user, last_used_at_us) VALUES (?1, ?2)
         ON CONFLICT (user) DO UPDATE SET last_used_at_us = max(last_used_at_us, excluded.last_used_at_us)",
    )?;
    for (user, last_used_at_us) in last_uses_us {
        upsert.execute(params![user, last_used_at_us])?;
    }
    Ok(())
}

fn write_membership(connection: &Connection, user: &str, licensee: &str, is_member: bool) -> rusqlite::Result<()> {
    let sql = if is_member {
        "INSERT OR IGNORE INTO memberships (user, licensee) VALUES (?1, ?2)"
    } else {
        "DELETE FROM memberships WHERE user = ?1 AND licensee = ?2"
    };
    connection.prepare_cached(sql)?.execute([user, licensee])?;
    Ok(())
}

fn write_timer(connection: &Connection, licensee: &str, due_at_us: Option<i64>) -> rusqlite::Result<()> {
    let Some(due_at_us) = due_at_us else {
        connection.prepare_cached("DELETE FROM timers WHERE licensee = ?1")?.execute([licensee])?;
        return Ok(());
    };
    let mut upsert = connection.prepare_cached(
        "INSERT INTO timers (licensee, due_at_us) VALUES (?1, ?2)
         ON CONFLICT (licensee) DO UPDATE SET due_at_us = excluded.due_at_us",
    )?;
    upsert.execute(params![licensee, due_at_us])?;
    Ok(())
}

fn write_mark(connection: &Connection, mark: &ShardMark) -> rusqlite::Result<()> {
    let mut update = connection
        .prepare_cached("UPDATE progress SET commit_number = ?2, position = ?3, checksum = ?4 WHERE shard = ?1")?;
    let head = mark.head;
    update.execute(params![
        head.shard,
        signed(head.commit_number)?,
        signed(head.position)?,
        mark.checksum.cast_signed()
    ])?;
    Ok(())
}
