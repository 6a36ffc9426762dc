//! The tables of `views.db` and their format.

use journal::sqlite::soundness::definitions;
use rusqlite::Connection;

/// Counts the changes of what the file means: of its tables, of the encoding of `Account`, of how events are folded.
/// A file of any other format, older or newer, is rebuilt.
const FORMAT: u32 = 3;

const TABLES: &str = include_str!("../../../../schemas/sqlite/views/0001_views.sql");

/// Makes the tables in an empty database.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "user_version", FORMAT)
}

/// Whether a database has the present format and exactly its tables.
pub(super) fn is_current(connection: &Connection) -> rusqlite::Result<bool> {
    let format: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if format != FORMAT {
        return Ok(false);
    }
    let fresh = Connection::open_in_memory()?;
    create(&fresh)?;
    Ok(definitions(connection)? == definitions(&fresh)?)
}
