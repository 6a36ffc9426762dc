//! The rows of `journal.db`: commits, and where each shard ends.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    key::CommitKey,
    value::unreadable,
    value::{instant, signed, unsigned},
};
use crate::{Head, NewCommit, StoredCommit};

/// Where every shard ends.
pub(super) fn heads(connection: &Connection) -> rusqlite::Result<Vec<Head>> {
    let mut statement = connection.prepare_cached("SELECT shard, commit_number, position FROM heads ORDER BY shard")?;
    statement.query_map([], read_head)?.collect()
}

/// Where a shard ends.
pub(super) fn head_of(connection: &Connection, shard: u16) -> rusqlite::Result<Head> {
    let mut statement =
        connection.prepare_cached("SELECT shard, commit_number, position FROM heads WHERE shard = ?1")?;
    statement.query_row([shard], read_head)
}

fn read_head(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head { shard: row.get(0)?, commit_number: unsigned(row, 1)?, position: unsigned(row, 2)? })
}

/// Adds a commit to the end of its shard.
pub(super) fn insert_commit(connection: &Connection, key: CommitKey, commit: &NewCommit) -> rusqlite::Result<()> {
    let recorded_at_us = commit.recorded_at.timestamp_micros();
    let mut insert = connection.prepare_cached(
        "INSERT INTO commits (key, first_position, records, recorded_at_us, checksum, block)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    insert.execute(params![
        key.to_integer(),
        signed(commit.first_position)?,
        commit.records,
        recorded_at_us,
        commit.checksum().cast_signed(),
        commit.block
    ])?;
    let head = commit.head();
    let mut move_head =
        connection.prepare_cached("UPDATE heads SET commit_number = ?2, position = ?3 WHERE shard = ?1")?;
    move_head.execute(params![head.shard, signed(head.commit_number)?, signed(head.position)?])?;
    Ok(())
}

const COMMIT_COLUMNS: &str = "key, first_position, records, recorded_at_us, checksum, length(block), block";

/// The commit with this key, its checksum verified.
pub(super) fn commit_at(connection: &Connection, key: CommitKey) -> rusqlite::Result<Option<StoredCommit>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COMMIT_COLUMNS} FROM commits WHERE key = ?1"))?;
    statement.query_row([key.to_integer()], read_commit).optional()
}

/// Commits of a shard behind one, in order, as many as fit into so many bytes of blocks, but one at least; their checksums
/// verified.
pub(super) fn commits_after(
    connection: &Connection,
    after: CommitKey,
    max_bytes: usize,
) -> rusqlite::Result<Vec<StoredCommit>> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT {COMMIT_COLUMNS} FROM commits WHERE key > ?1 AND key <= ?2 ORDER BY key"))?;
    let mut rows = statement.query([after.to_integer(), CommitKey::last_of(after.shard()).to_integer()])?;
    let mut commits: Vec<StoredCommit> = Vec::new();
    let mut bytes = 0usize;
    while let Some(row) = rows.next()? {
        // Asked before the block itself, which may be large, is read.
        let block_bytes = usize::try_from(unsigned(row, 5)?).unwrap_or(usize::MAX);
        bytes = bytes.saturating_add(block_bytes);
        if bytes > max_bytes && !commits.is_empty() {
            break;
        }
        let commit = read_commit(row)?;
        check_order(after, commits.last(), &commit)?;
        commits.push(commit);
    }
    Ok(commits)
}

/// A gap can only come from outside: numbers and positions are given out without any.
fn check_order(after: CommitKey, previous: Option<&StoredCommit>, commit: &StoredCommit) -> rusqlite::Result<()> {
    let follows = match previous.map(StoredCommit::head) {
        Some(head) => commit.number == head.commit_number + 1 && commit.first_position == head.position + 1,
        None => commit.number == after.number() + 1,
    };
    if follows {
        return Ok(());
    }
    Err(unreadable(0, format!("commit {} of shard {} does not follow the one before it", commit.number, commit.shard)))
}

fn read_commit(row: &Row<'_>) -> rusqlite::Result<StoredCommit> {
    let integer = row.get(0)?;
    let key = CommitKey::from_integer(integer).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, integer))?;
    let commit = StoredCommit {
        shard: key.shard(),
        number: key.number(),
        first_position: unsigned(row, 1)?,
        records: row.get(2)?,
        recorded_at: instant(row, 3)?,
        checksum: row.get::<_, i64>(4)?.cast_unsigned(),
        block: row.get(6)?,
    };
    if commit.is_sound() {
        return Ok(commit);
    }
    Err(unreadable(4, format!("the checksum of commit {} of shard {} is wrong", commit.number, commit.shard)))
}
