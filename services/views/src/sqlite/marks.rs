//! How far the tables are in each shard, kept in the same transactions as their rows.

use journal::Head;
use rusqlite::{Connection, Row, params};

use super::value::{signed, unsigned};
use crate::marks::Mark;

/// The marks of all shards, in their order.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<Mark>> {
    let mut statement =
        connection.prepare("SELECT shard, commit_number, position, checksum FROM positions ORDER BY shard")?;
    statement.query_map([], read_mark)?.collect()
}

fn read_mark(row: &Row<'_>) -> rusqlite::Result<Mark> {
    let head = Head { shard: row.get(0)?, commit_number: unsigned(row, 1)?, position: unsigned(row, 2)? };
    Ok(Mark { head, checksum: row.get::<_, i64>(3)?.cast_unsigned() })
}

/// Sets the mark of a shard.
pub(super) fn put(connection: &Connection, mark: &Mark) -> rusqlite::Result<()> {
    let Mark { head, checksum } = mark;
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO positions (shard, commit_number, position, checksum) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let checksum = checksum.cast_signed();
    statement.execute(params![head.shard, signed(head.commit_number)?, signed(head.position)?, checksum])?;
    Ok(())
}
