//! Snapshots: a cache beside the index.

use postgres::{Row, types::Type};
use sha2::{Digest, Sha256};

use crate::{
    JournalError, Snapshot,
    postgres::{
        failure::Failure,
        pool::Pool,
        value::{plain, signed, unsigned},
    },
};

/// The snapshot of a stream; one that is damaged counts as none.
pub(super) fn get(pool: &Pool, stream: &str) -> Result<Option<Snapshot>, JournalError> {
    let found = pool.query_first(
        "SELECT version, state_version, checksum, bytes FROM usher_index.snapshots WHERE stream = $1",
        &[(&stream, Type::TEXT)],
        read,
    )?;
    Ok(found.flatten())
}

/// The streams with the largest snapshots, and the bytes of each: the largest first.
pub(super) fn largest(pool: &Pool, limit: usize) -> Result<Vec<(String, u64)>, JournalError> {
    // The length of what lies apart is known without fetching it.
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    pool.query_all(
        "SELECT stream, octet_length(bytes)::bigint FROM usher_index.snapshots
         ORDER BY octet_length(bytes) DESC, stream LIMIT $1",
        &[(&limit, Type::INT8)],
        |row| Ok((plain(row, 0)?, unsigned(row, 1)?)),
    )
}

/// A snapshot out of its version, state version, checksum and bytes; `None` for one that is damaged.
pub(super) fn read(row: &Row) -> Result<Option<Snapshot>, Failure> {
    let snapshot = Snapshot { version: unsigned(row, 0)?, state_version: unsigned(row, 1)?, bytes: plain(row, 3)? };
    Ok((checksum(&snapshot.bytes) == plain::<i64>(row, 2)?).then_some(snapshot))
}

/// Keeps a snapshot, unless there is a later one of the same kind.
pub(super) fn put(pool: &Pool, stream: &str, snapshot: &Snapshot) -> Result<(), JournalError> {
    let version = signed(snapshot.version).map_err(|failure| failure.at(pool.server()))?;
    pool.repeat(
        "INSERT INTO usher_index.snapshots AS s (stream, version, state_version, checksum, bytes)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (stream) DO UPDATE SET version = excluded.version, state_version = excluded.state_version,
             checksum = excluded.checksum, bytes = excluded.bytes
         WHERE excluded.version >= s.version OR excluded.state_version <> s.state_version",
        &[
            (&stream, Type::TEXT),
            (&version, Type::INT8),
            (&i64::from(snapshot.state_version), Type::INT8),
            (&checksum(&snapshot.bytes), Type::INT8),
            (&snapshot.bytes, Type::BYTEA),
        ],
    )?;
    Ok(())
}

/// The first 8 bytes of SHA-256.
pub(super) fn checksum(bytes: &[u8]) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(bytes));
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}
