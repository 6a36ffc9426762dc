//! What is kept, in a file beside an embedded store.

mod mails;
mod schema;
mod value;
mod webhooks;

use std::path::{Path, PathBuf};

use journal::sqlite::connection::{self, Tuning};
use parking_lot::Mutex;
use rusqlite::{Connection, TransactionBehavior};

use crate::NotifyError;

/// The file in a store's folder.
pub const FILE: &str = "notify.db";

// A mail that was sent must stay sent when the power fails: durable when a commit returns. Nothing of what is deleted is
// of anybody's interest, so it need not be overwritten.
const TUNING: Tuning =
    Tuning { synchronous: "FULL", secure_delete: false, cache_kib: 2 * 1024, checkpoint_pages: 1_000 };

/// What is kept in `notify.db`. The process that has the store sends what is in it; others may look at it.
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

    /// Opens the file for whoever looks at it or changes something beside the process that has the store; `None` if there
    /// is none. Nothing that this process sends is disturbed.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn open_existing(folder: &Path) -> Result<Option<Self>, NotifyError> {
        let file = folder.join(FILE);
        if !file.exists() {
            return Ok(None);
        }
        let connection = connect(&file).map_err(|source| NotifyError::Sqlite { file: file.clone(), source })?;
        Ok(Some(Self { file, connection: Mutex::new(connection) }))
    }

    /// Does something in one transaction.
    fn work<T>(&self, work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, NotifyError> {
        let mut connection = self.connection.lock();
        let done = connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|transaction| {
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        done.map_err(|source| NotifyError::Sqlite { file: self.file.clone(), source })
    }
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = connection::create(file)?;
    TUNING.apply(&connection)?;
    Ok(connection)
}

fn open(file: &Path, store_id: &[u8]) -> Result<Connection, schema::Refused> {
    let mut connection = connect(file)?;
    schema::prepare(&mut connection, store_id)?;
    // Whoever sent something when the last process ended is gone with it.
    mails::release_all(&connection)?;
    Ok(connection)
}
