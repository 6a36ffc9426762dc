//! Connections to `views.db`.

use std::path::Path;

use journal::sqlite::connection::Tuning;
use rusqlite::{
    Connection, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use super::text_search;
pub(super) use journal::sqlite::connection::{BUSY_WAIT, create, open, open_read_only};

// A bulk write touches most pages: the rarer they are moved from the WAL, the fewer are written twice. Losing the last
// transactions with the power is harmless: the positions are lost along with the rows.
const WRITER_TUNING: Tuning =
    Tuning { synchronous: "NORMAL", secure_delete: false, cache_kib: 32 * 1024, checkpoint_pages: 16_000 };

/// Opens a file that exists, ready to write in bulk.
pub(super) fn open_writer(file: &Path) -> rusqlite::Result<Connection> {
    let connection = open(file)?;
    tune_writer(&connection)?;
    Ok(connection)
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
    WRITER_TUNING.apply(connection)
}

/// A path as SQLite takes it, byte for byte.
struct PathText<'a>(&'a Path);

impl ToSql for PathText<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0.as_os_str().as_encoded_bytes())))
    }
}
