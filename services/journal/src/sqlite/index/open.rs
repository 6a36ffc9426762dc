//! Opening the index, or starting it anew when it can't be trusted.

use std::path::Path;

use rusqlite::Connection;

use super::snapshots;
use crate::{
    Journal, JournalError,
    sqlite::{
        SqliteJournal, check,
        connection::{self, Tuning},
        failure::{InFile, corrupt},
        files, schema,
        value::unsigned,
    },
};

// A bulk write touches most pages of `commands`: the rarer they are moved from the WAL, the fewer are written twice.
// Losing the last transactions with the power is harmless: the progress is lost along with the rows.
const TUNING: Tuning =
    Tuning { synchronous: "NORMAL", secure_delete: false, cache_kib: 32 * 1024, checkpoint_pages: 16_000 };

/// A connection to an index that belongs to `journal` and is not ahead of it.
pub(super) fn open_or_renew(path: &Path, journal: &SqliteJournal) -> Result<Connection, JournalError> {
    if !path.try_exists().in_file(path)? {
        return renew(path, journal);
    }
    match open_existing(path, journal) {
        Ok(connection) => Ok(connection),
        Err(error @ (JournalError::Full { .. } | JournalError::Io { .. })) => Err(error),
        Err(reason) => {
            tracing::info!(%reason, "rebuilding index.db from journal.db");
            renew(path, journal)
        }
    }
}

fn open_existing(path: &Path, journal: &SqliteJournal) -> Result<Connection, JournalError> {
    let connection = connection::open(path).in_file(path)?;
    if !is_known_format(&connection).in_file(path)? {
        return Err(corrupt(path, "it is of another format"));
    }
    check::structure(path, &connection)?;
    check_belonging(path, &connection, journal)?;
    TUNING.apply(&connection).in_file(path)?;
    snapshots::drop_unfounded(&connection).in_file(path)?;
    Ok(connection)
}

fn is_known_format(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(schema::found_version(connection)? == schema::INDEX.version() && schema::INDEX.is_schema_of(connection)?)
}

/// Checks that the index was made from this journal, and from nothing that is no longer in it.
fn check_belonging(path: &Path, connection: &Connection, journal: &SqliteJournal) -> Result<(), JournalError> {
    let store_id: Vec<u8> = connection.query_row("SELECT store_id FROM meta", [], |row| row.get(0)).in_file(path)?;
    if store_id != journal.store_id() {
        return Err(corrupt(path, "it belongs to another store"));
    }
    let marks = marks(connection).in_file(path)?;
    if !marks.iter().map(|mark| mark.shard).eq(0..journal.shard_count()) {
        return Err(corrupt(path, "it does not have the shards of the store"));
    }
    for mark in marks.into_iter().filter(|mark| mark.commit_number > 0) {
        let commit = journal.commit(mark.shard, mark.commit_number)?;
        if commit.is_none_or(|commit| commit.checksum != mark.checksum || commit.head().position != mark.position) {
            return Err(corrupt(path, format!("shard {} in it is ahead of the store", mark.shard)));
        }
    }
    Ok(())
}

/// The last commit of a shard that was indexed.
struct Mark {
    shard: u16,
    commit_number: u64,
    position: u64,
    checksum: u64,
}

fn marks(connection: &Connection) -> rusqlite::Result<Vec<Mark>> {
    let mut statement =
        connection.prepare("SELECT shard, commit_number, position, checksum FROM progress ORDER BY shard")?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Mark {
            shard: row.get(0)?,
            commit_number: unsigned(row, 1)?,
            position: unsigned(row, 2)?,
            checksum: row.get::<_, i64>(3)?.cast_unsigned(),
        })
    };
    statement.query_map([], read)?.collect()
}

/// Removes what is there and starts with an empty index.
fn renew(path: &Path, journal: &SqliteJournal) -> Result<Connection, JournalError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let file = files::beside(path, suffix);
        files::remove_if_exists(&file).in_file(&file)?;
    }
    fill_new(path, journal).in_file(path)
}

fn fill_new(path: &Path, journal: &SqliteJournal) -> rusqlite::Result<Connection> {
    let mut connection = connection::create(path)?;
    TUNING.apply(&connection)?;
    schema::INDEX.migrate(&mut connection)?;
    let transaction = connection.transaction()?;
    for shard in 0..journal.shard_count() {
        transaction
            .execute("INSERT INTO progress (shard, commit_number, position, checksum) VALUES (?1, 0, 0, 0)", [shard])?;
    }
    transaction.execute("INSERT INTO meta (id, store_id) VALUES (1, ?1)", [journal.store_id()])?;
    transaction.commit()?;
    Ok(connection)
}
