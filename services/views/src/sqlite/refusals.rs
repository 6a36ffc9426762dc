//! What was refused, by the licensee that it named (R35).

use journal::Position;
use licensing::LicenseeId;
use rusqlite::{Connection, Row, params};

use super::{
    value::unreadable,
    value::{count, id, instant, signed, unsigned},
};
use crate::{RefusalView, facts::RefusedCommand};

/// Keeps a refusal under the licensee that the command named.
pub(super) fn put(connection: &Connection, position: Position, command: &RefusedCommand) -> rusqlite::Result<()> {
    let RefusedCommand { recorded_at, outcome, refusal } = command;
    let users =
        serde_json::to_string(&refusal.users).map_err(|cause| rusqlite::Error::ToSqlConversionFailure(cause.into()))?;
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO refusals (licensee, shard, position, recorded_at_us, command_id, type, code, detail,
                                          actor, available, requested, users)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    statement.execute(params![
        outcome.licensee,
        position.shard,
        signed(position.position)?,
        recorded_at.timestamp_micros(),
        outcome.command_id,
        outcome.r#type,
        refusal.code,
        refusal.detail,
        outcome.actor,
        refusal.available,
        refusal.requested,
        users
    ])?;
    Ok(())
}

/// What was refused under a licensee after a position, the oldest first; nothing while the licensee does not exist.
pub(super) fn after(
    connection: &Connection,
    licensee: &LicenseeId,
    after: Position,
    limit: usize,
) -> rusqlite::Result<Vec<(Position, RefusalView)>> {
    let mut statement = connection.prepare_cached(
        "SELECT shard, position, recorded_at_us, command_id, type, code, detail, actor, available, requested, users
         FROM refusals
         WHERE licensee = ?1 AND (shard, position) > (?2, ?3)
           AND EXISTS (SELECT 1 FROM licensees WHERE licensee = ?1)
         ORDER BY shard, position LIMIT ?4",
    )?;
    let wanted = params![licensee.as_str(), after.shard, signed(after.position)?, count(limit)];
    statement.query_map(wanted, read_refusal)?.collect()
}

/// What was refused last under licensees that exist, the newest first.
pub(super) fn newest(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<(LicenseeId, RefusalView)>> {
    let mut statement = connection.prepare_cached(
        "SELECT shard, position, recorded_at_us, command_id, type, code, detail, actor, available, requested, users,
                licensee
         FROM refusals r WHERE EXISTS (SELECT 1 FROM licensees l WHERE l.licensee = r.licensee)
         ORDER BY recorded_at_us DESC, shard, position DESC LIMIT ?1",
    )?;
    let read = |row: &Row<'_>| Ok((id(row, 11)?, read_refusal(row)?.1));
    statement.query_map([count(limit)], read)?.collect()
}

fn read_refusal(row: &Row<'_>) -> rusqlite::Result<(Position, RefusalView)> {
    let position = Position { shard: row.get(0)?, position: unsigned(row, 1)? };
    let refusal = RefusalView {
        time: instant(row, 2)?,
        command_id: row.get(3)?,
        type_name: row.get(4)?,
        code: row.get(5)?,
        detail: row.get(6)?,
        actor: row.get(7)?,
        available: row.get(8)?,
        requested: row.get(9)?,
        users: serde_json::from_str(row.get_ref(10)?.as_str()?).map_err(|cause| unreadable(10, cause))?,
    };
    Ok((position, refusal))
}
