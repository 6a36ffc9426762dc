//! How far the tables are in each shard, kept in the same transactions as their rows.

use journal::{Head, StoredCommit};
use rusqlite::{Connection, Row, params};

use crate::value::{signed, unsigned};

/// The last commit of a shard that is in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) head: Head,
    pub(crate) checksum: u64,
}

impl Mark {
    /// The mark of a shard of which `commit` is the last one in the tables.
    pub(crate) fn of(commit: &StoredCommit) -> Self {
        Self { head: commit.head(), checksum: commit.checksum }
    }

    /// The mark of a shard of which nothing is in the tables.
    pub(crate) const fn before(shard: u16) -> Self {
        Self { head: Head { shard, commit_number: 0, position: 0 }, checksum: 0 }
    }
}

/// The marks of all shards, in their order.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Mark>> {
    let mut statement =
        connection.prepare("SELECT shard, commit_number, position, checksum FROM positions ORDER BY shard")?;
    statement.query_map([], read_mark)?.collect()
}

fn read_mark(row: &Row<'_>) -> rusqlite::Result<Mark> {
    let head = Head { shard: row.get(0)?, commit_number: unsigned(row, 1)?, position: unsigned(row, 2)? };
    Ok(Mark { head, checksum: row.get::<_, i64>(3)?.cast_unsigned() })
}

/// Sets the mark of a shard.
pub(crate) fn put(connection: &Connection, mark: &Mark) -> rusqlite::Result<()> {
    let Mark { head, checksum } = mark;
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO positions (shard, commit_number, position, checksum) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let checksum = checksum.cast_signed();
    statement.execute(params![head.shard, signed(head.commit_number)?, signed(head.position)?, checksum])?;
    Ok(())
}
