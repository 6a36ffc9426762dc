//! Opening the views, or starting them anew when they can't be trusted.

use std::{fs, path::Path};

use journal::{
    Journal,
    sqlite::{files, soundness::flaw},
};
use licensing::Catalogue;
use rusqlite::{Connection, params};

use super::{
    connection,
    failure::{InFile, damaged},
    licensees, marks as kept_marks, members, schema, seats, timers, users,
};
use crate::{
    ViewsError,
    catalogue_mark::CatalogueMark,
    marks::{self, Mark},
    memory::Memory,
};

/// The views as they were left.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) memory: Memory,
    /// How far they are, in the order of the shards.
    pub(super) marks: Vec<Mark>,
}

/// What tells the journal's store from every other.
pub(super) fn store_id(journal_file: &Path) -> Result<Vec<u8>, ViewsError> {
    let connection = connection::open_read_only(journal_file).in_file(journal_file)?;
    connection.query_row("SELECT store_id FROM meta", [], |row| row.get(0)).in_file(journal_file)
}

/// Opens the views if they belong to this journal and are not ahead of it; starts with empty ones otherwise.
pub(super) fn open_or_renew(
    file: &Path,
    journal: &dyn Journal,
    store_id: &[u8],
    catalogue: &Catalogue,
) -> Result<Opened, ViewsError> {
    if !file.try_exists().in_file(file)? {
        return renew(file, journal, store_id, catalogue);
    }
    match open_existing(file, journal, store_id, catalogue) {
        Err(ViewsError::Unreadable { detail, .. }) => {
            tracing::info!(reason = detail, "rebuilding views.db from journal.db");
            renew(file, journal, store_id, catalogue)
        }
        outcome => outcome,
    }
}

fn open_existing(
    file: &Path,
    journal: &dyn Journal,
    store_id: &[u8],
    catalogue: &Catalogue,
) -> Result<Opened, ViewsError> {
    let mut writer = connection::open(file).in_file(file)?;
    if !schema::is_current(&writer).in_file(file)? {
        return Err(damaged(file, "it is of another format"));
    }
    check_structure(file, &writer)?;
    let marks = kept_marks::all(&writer).in_file(file)?;
    check_belonging(file, &writer, &marks, journal, store_id)?;
    connection::tune_writer(&writer).in_file(file)?;
    let memory = load(&writer).in_file(file)?;
    timers::renew(&mut writer, memory.accounts(), catalogue).in_file(file)?;
    Ok(Opened { writer, memory, marks })
}

/// Checks that the file's structure is sound, as far as that can be told in little time.
fn check_structure(file: &Path, connection: &Connection) -> Result<(), ViewsError> {
    let bytes = fs::metadata(file).in_file(file)?.len();
    match flaw(file, bytes, connection).in_file(file)? {
        Some(flaw) => Err(damaged(file, flaw)),
        None => Ok(()),
    }
}

/// Checks that the views were made from this journal, and from nothing that is no longer in it.
fn check_belonging(
    file: &Path,
    connection: &Connection,
    marks: &[Mark],
    journal: &dyn Journal,
    store_id: &[u8],
) -> Result<(), ViewsError> {
    let made_from: Vec<u8> = connection.query_row("SELECT store_id FROM meta", [], |row| row.get(0)).in_file(file)?;
    if made_from != store_id {
        return Err(damaged(file, "it belongs to another store"));
    }
    match marks::contradiction(marks, journal)? {
        Some(detail) => Err(damaged(file, detail)),
        None => Ok(()),
    }
}

/// The picture in memory of what the tables hold.
fn load(connection: &Connection) -> rusqlite::Result<Memory> {
    let mut memory = Memory::default();
    licensees::for_each(connection, |licensee, account| memory.put_account(licensee, account))?;
    users::for_each(connection, |user, status| memory.put_user(user, status))?;
    members::for_each(connection, |licensee, user| memory.join(user, &licensee))?;
    seats::for_each(connection, |licensee, user, product| memory.seat(&user, &licensee, product))?;
    Ok(memory)
}

/// Removes what is there and starts with empty views.
fn renew(file: &Path, journal: &dyn Journal, store_id: &[u8], catalogue: &Catalogue) -> Result<Opened, ViewsError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let remains = files::beside(file, suffix);
        files::remove_if_exists(&remains).in_file(&remains)?;
    }
    let marks: Vec<Mark> = (0..journal.shard_count()).map(Mark::before).collect();
    let writer = fill_new(file, &marks, store_id, catalogue).in_file(file)?;
    Ok(Opened { writer, memory: Memory::default(), marks })
}

/// Makes the tables of a store of which nothing is in them yet.
pub(super) fn fill_new(
    file: &Path,
    marks: &[Mark],
    store_id: &[u8],
    catalogue: &Catalogue,
) -> rusqlite::Result<Connection> {
    let mut connection = connection::create(file)?;
    connection::tune_writer(&connection)?;
    let transaction = connection.transaction()?;
    schema::create(&transaction)?;
    let CatalogueMark(mark) = CatalogueMark::of(catalogue);
    transaction.execute("INSERT INTO meta (id, store_id, catalogue) VALUES (1, ?1, ?2)", params![store_id, mark])?;
    marks.iter().try_for_each(|mark| kept_marks::put(&transaction, mark))?;
    transaction.commit()?;
    Ok(connection)
}
