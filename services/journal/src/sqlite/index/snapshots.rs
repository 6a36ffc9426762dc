//! Snapshots: a cache beside the index.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use crate::{
    Snapshot,
    sqlite::value::{signed, unsigned},
};

/// The snapshot of a stream; one that is damaged counts as none.
pub(super) fn get(connection: &Connection, stream: &str) -> rusqlite::Result<Option<Snapshot>> {
    let mut statement =
        connection.prepare_cached("SELECT version, state_version, checksum, bytes FROM snapshots WHERE stream = ?1")?;
    Ok(statement.query_row([stream], read).optional()?.flatten())
}

/// The streams with the largest snapshots, and the bytes of each: the largest first.
pub(super) fn largest(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<(String, u64)>> {
    // The length of a blob is known without reading it.
    let mut statement = connection
        .prepare_cached("SELECT stream, length(bytes) FROM snapshots ORDER BY length(bytes) DESC, stream LIMIT ?1")?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    statement.query_map([limit], |row| Ok((row.get(0)?, unsigned(row, 1)?)))?.collect()
}

/// A snapshot out of its version, state version, checksum and bytes; `None` for one that is damaged.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<Snapshot>> {
    let snapshot = Snapshot { version: unsigned(row, 0)?, state_version: row.get(1)?, bytes: row.get(3)? };
    let expected: i64 = row.get(2)?;
    Ok((checksum(&snapshot.bytes) == expected).then_some(snapshot))
}

/// Keeps a snapshot, unless there is a later one of the same kind.
pub(super) fn put(connection: &Connection, stream: &str, snapshot: &Snapshot) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO snapshots (stream, version, state_version, checksum, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (stream) DO UPDATE SET version = excluded.version, state_version = excluded.state_version,
             checksum = excluded.checksum, bytes = excluded.bytes
         WHERE excluded.version >= snapshots.version OR excluded.state_version <> snapshots.state_version",
    )?;
    let version = signed(snapshot.version)?;
    statement.execute(params![stream, version, snapshot.state_version, checksum(&snapshot.bytes), snapshot.bytes])?;
    Ok(())
}

/// Drops snapshots that hold events which are not in the index: after a restored backup they may never have been.
pub(super) fn drop_unfounded(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(
        "DELETE FROM snapshots WHERE version > coalesce(
             (SELECT events.key - (streams.id << 32) FROM streams JOIN events
                  ON events.key > (streams.id << 32) AND events.key <= (streams.id << 32) + 4294967295
              WHERE streams.name = snapshots.stream ORDER BY events.key DESC LIMIT 1),
             0)",
        [],
    )?;
    Ok(())
}

/// The first 8 bytes of SHA-256.
pub(super) fn checksum(bytes: &[u8]) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(bytes));
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}
