//! Connections to `views.db`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{
    Connection, OpenFlags, ToSql,
    config::DbConfig,
    types::{ToSqlOutput, ValueRef},
};

use super::text_search;

/// For how long a statement waits for another connection.
pub(super) const BUSY_WAIT: Duration = Duration::from_secs(30);

// A bulk write touches most pages: the rarer they are moved from the WAL, the fewer are written twice. Losing the last
// transactions with the power is harmless: the positions are lost along with the rows.
const WRITER_TUNING: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -32768;
    PRAGMA wal_autocheckpoint = 16000;";

/// Opens a file that exists, for reading and writing, and changes nothing about it yet.
pub(super) fn open(file: &Path) -> rusqlite::Result<Connection> {
    open_with(file, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Opens a file that exists, ready to write in bulk.
pub(super) fn open_writer(file: &Path) -> rusqlite::Result<Connection> {
    let connection = open(file)?;
    tune_writer(&connection)?;
    Ok(connection)
}

/// Makes a file that does not exist.
pub(super) fn create(file: &Path) -> rusqlite::Result<Connection> {
    open_with(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
}

/// Opens a file for reading only.
pub(super) fn open_read_only(file: &Path) -> rusqlite::Result<Connection> {
    open_with(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Opens the views for reading only, with the journal's tables beside them under the name `journal`.
pub(super) fn open_reader(file: &Path, journal_file: &Path) -> rusqlite::Result<Connection> {
    let connection = open_read_only(file)?;
    // What is attached is opened as the connection was: for reading only.
    connection.execute("ATTACH ?1 AS journal", [PathText(journal_file)])?;
    text_search::register(&connection)?;
    Ok(connection)
}

/// Makes a connection ready to write in bulk.
pub(super) fn tune_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(WRITER_TUNING)
}

/// A file that SQLite keeps beside a database: its name with `suffix` behind it.
pub(super) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn open_with(file: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    // A connection is used by one thread at a time, so SQLite need not guard it.
    let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_WAIT)?;
    // Damaged pages are found when they are read, not when they are used; names never reach a temporary file.
    connection
        .execute_batch("PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")?;
    // Plans are made once: otherwise SQLite makes the plan of a statement with a bound LIMIT anew for each of its values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A path as SQLite takes it, byte for byte.
struct PathText<'a>(&'a Path);

impl ToSql for PathText<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0.as_os_str().as_encoded_bytes())))
    }
}
