//! Whether a database file is sound, as far as that can be told in little time.

use std::{fs, path::Path};

use rusqlite::Connection;

use super::{
    commits::{commit_at, heads},
    failure::{InFile, corrupt},
    key::CommitKey,
    soundness::flaw,
};
use crate::{Head, JournalError};

/// Checks the file's structure and that the heads agree with the commits.
pub(super) fn journal(path: &Path, connection: &Connection, shards: u16) -> Result<(), JournalError> {
    structure(path, connection)?;
    let heads = heads(connection).in_file(path)?;
    if !heads.iter().map(|head| head.shard).eq(0..shards) {
        return Err(corrupt(path, format!("it has not one head for each of {shards} shards")));
    }
    heads.into_iter().try_for_each(|head| end_of_shard(path, connection, head))
}

/// Checks that the file's structure is sound, as far as that can be told in little time.
pub(super) fn structure(path: &Path, connection: &Connection) -> Result<(), JournalError> {
    let bytes = fs::metadata(path).in_file(path)?.len();
    match flaw(path, bytes, connection).in_file(path)? {
        Some(flaw) => Err(corrupt(path, flaw)),
        None => Ok(()),
    }
}

/// Checks that the shard's last commit is the one that its head names; reading it verifies its checksum.
fn end_of_shard(path: &Path, connection: &Connection, head: Head) -> Result<(), JournalError> {
    let disagreement = || corrupt(path, format!("the head of shard {} disagrees with its commits", head.shard));
    let last = last_key(connection, head.shard).in_file(path)?;
    let Some(key) = last else {
        let is_empty = head.commit_number == 0 && head.position == 0;
        return if is_empty { Ok(()) } else { Err(disagreement()) };
    };
    let commit = commit_at(connection, key).in_file(path)?.ok_or_else(disagreement)?;
    if commit.head() == head { Ok(()) } else { Err(disagreement()) }
}

fn last_key(connection: &Connection, shard: u16) -> rusqlite::Result<Option<CommitKey>> {
    let first = CommitKey::new(shard, 0).map(CommitKey::to_integer);
    let last = CommitKey::last_of(shard).to_integer();
    let mut statement = connection.prepare_cached("SELECT max(key) FROM commits WHERE key >= ?1 AND key <= ?2")?;
    let key: Option<i64> = statement.query_row((first, last), |row| row.get(0))?;
    Ok(key.and_then(CommitKey::from_integer))
}
