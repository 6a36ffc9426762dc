//! What was refused, kept for auditors under the licensee that it named (R35).

use contract::proto::journal::{Outcome, Refusal};
use journal::Position;
use licensing::{Instant, LicenseeId};
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use crate::{
    cursor::Seal,
    error::{ViewsError, unreadable},
    page::{self, Page},
    pool::Pool,
    value::{instant, signed, unsigned},
};

/// A command that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusalView {
    /// The command's id.
    pub command_id: String,
    /// The full name of the message, or method and path.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Why, for programs; also one that this version does not know.
    pub code: String,
    /// Why, for people.
    pub detail: String,
    /// Who sent it.
    pub actor: String,
    /// When it was recorded.
    pub time: Instant,
    /// How many seats were free, where that was the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<u32>,
    /// How many seats were wanted, where that was the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<u32>,
    /// The users who were the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
}

/// Keeps a refusal under the licensee that the command named.
pub(crate) fn put(
    connection: &Connection,
    position: Position,
    outcome: &Outcome,
    refusal: &Refusal,
) -> rusqlite::Result<()> {
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
        outcome.recorded_at_us,
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

/// A page of what was refused under a licensee, the oldest first; empty while the licensee does not exist.
pub(crate) fn page(
    readers: &Pool,
    licensee: &LicenseeId,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<RefusalView>, ViewsError> {
    let seal = Seal::of(&[Some("refusals"), Some(licensee.as_str())]);
    let after = cursor.map(|cursor| open_cursor(&seal, cursor)).transpose()?;
    let after = after.unwrap_or(Position { shard: 0, position: 0 });
    let limit = page::clamped(limit);
    let found = readers.read(|connection| after_position(connection, licensee, after, page::one_beyond(limit)))?;
    let page =
        Page::cut(found, limit, |(position, _)| seal.close(&format!("{}-{}", position.shard, position.position)));
    Ok(Page { items: page.items.into_iter().map(|(_, refusal)| refusal).collect(), next_cursor: page.next_cursor })
}

fn open_cursor(seal: &Seal, cursor: &str) -> Result<Position, ViewsError> {
    let place = seal.open(cursor)?;
    let position = || {
        let (shard, position) = place.split_once('-')?;
        // No greater position than SQLite can compare.
        let position = position.parse::<u64>().ok().filter(|position| i64::try_from(*position).is_ok())?;
        Some(Position { shard: shard.parse().ok()?, position })
    };
    position().ok_or(ViewsError::InvalidCursor)
}

fn after_position(
    connection: &Connection,
    licensee: &LicenseeId,
    after: Position,
    limit: i64,
) -> rusqlite::Result<Vec<(Position, RefusalView)>> {
    let mut statement = connection.prepare_cached(
        "SELECT shard, position, recorded_at_us, command_id, type, code, detail, actor, available, requested, users
         FROM refusals
         WHERE licensee = ?1 AND (shard, position) > (?2, ?3)
           AND EXISTS (SELECT 1 FROM licensees WHERE licensee = ?1)
         ORDER BY shard, position LIMIT ?4",
    )?;
    let wanted = params![licensee.as_str(), after.shard, signed(after.position)?, limit];
    statement.query_map(wanted, read_refusal)?.collect()
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
