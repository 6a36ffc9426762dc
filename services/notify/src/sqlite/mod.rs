//! What is kept, in a file beside an embedded store.

mod mails;
mod schema;
mod value;

use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rusqlite::Connection;

use crate::NotifyError;

/// The file in a store's folder.
pub const FILE: &str = "notify.db";

// A mail that was sent must stay sent when the power fails: durable when a commit returns. Nothing of what is deleted is
// of anybody's interest, so it need not be overwritten.
const TUNING: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA temp_store = MEMORY;";

/// What is kept in `notify.db`. One process has it, the one that has the store.
pub struct SqliteNotify {
    file: PathBuf,
    connection: Mutex<Connection>,
}

impl SqliteNotify {
    /// Opens the file in the folder of a store; makes it if there is none.
    ///
    /// # Errors
    /// [`NotifyError::OtherStore`], [`NotifyError::NewerFormat`], or when SQLite refuses.
    pub fn open(folder: &Path, store_id: &[u8]) -> Result<Self, NotifyError> {
        let file = folder.join(FILE);
        let connection = open(&file, store_id).map_err(|refused| refused.at(&file))?;
        Ok(Self { file, connection: Mutex::new(connection) })
    }

    /// Does something in one transaction.
    fn work<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, NotifyError> {
        let mut connection = self.connection.lock();
        let done = connection.transaction().and_then(|transaction| {
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        done.map_err(|source| NotifyError::Sqlite { file: self.file.clone(), source })
    }
}

fn open(file: &Path, store_id: &[u8]) -> Result<Connection, schema::Refused> {
    let mut connection = Connection::open(file)?;
    connection.execute_batch(TUNING)?;
    schema::prepare(&mut connection, store_id)?;
    // Whoever sent something when the last process ended is gone with it.
    mails::release_all(&connection)?;
    Ok(connection)
}
