//! Connections to a database file, for whoever keeps something in a file of theirs.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig, vtab::array};

/// For how long a statement waits for another connection; nothing here holds a lock for longer than a bulk write.
pub const BUSY_WAIT: Duration = Duration::from_secs(30);

/// Settings of a connection that writes. All use WAL.
pub struct Tuning {
    /// `FULL`: durable when a commit returns; `NORMAL`: consistent, but the last commits may be lost with the power.
    pub synchronous: &'static str,
    /// Whether what is deleted is overwritten.
    pub secure_delete: bool,
    /// Size of the page cache, KiB.
    pub cache_kib: u32,
    /// After how many pages in the WAL they are moved to the database.
    pub checkpoint_pages: u32,
}

/// Opens a file that exists, for reading and writing, and changes nothing about it yet.
///
/// # Errors
/// What SQLite says.
pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Makes a file that does not exist.
///
/// # Errors
/// What SQLite says.
pub fn create(path: &Path) -> rusqlite::Result<Connection> {
    open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
}

/// Opens a file for reading only.
///
/// # Errors
/// What SQLite says.
pub fn open_read_only(path: &Path) -> rusqlite::Result<Connection> {
    open_with(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn open_with(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    // A connection is used by one thread at a time, so SQLite need not guard it.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_WAIT)?;
    // Damaged pages are found when they are read, not when they are used; names never reach a temporary file.
    connection
        .execute_batch("PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")?;
    array::load_module(&connection)?;
    // Plans are made once: otherwise SQLite makes the plan of a statement with a bound LIMIT anew for each of its values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

impl Tuning {
    /// Makes a connection ready to write.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn apply(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Self { synchronous, secure_delete, cache_kib, checkpoint_pages } = self;
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = {synchronous};
             PRAGMA secure_delete = {secure_delete};
             PRAGMA cache_size = -{cache_kib};
             PRAGMA wal_autocheckpoint = {checkpoint_pages};"
        ))
    }
}
