//! A few read-only connections, so that reading never waits for writing.

use std::path::{Path, PathBuf};

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use super::{connection, failure::InFile};
use crate::JournalError;

/// How many connections are open at most; whoever comes when all are in use waits.
const CONNECTIONS_MAX: usize = 8;

/// Read-only connections to one file, opened when first needed.
pub(super) struct Pool {
    path: PathBuf,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    in_use: usize,
}

impl Pool {
    /// A pool for a file that exists.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), state: Mutex::default(), returned: Condvar::new() }
    }

    /// Runs `query` in a transaction of its own, so that all its statements see the same moment.
    pub(super) fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, JournalError> {
        let _place = self.take_place();
        let idle = self.state.lock().idle.pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::open_read_only(&self.path).in_file(&self.path)?,
        };
        let answer = in_one_moment(&connection, query).in_file(&self.path)?;
        // After an error the connection is closed instead.
        self.state.lock().idle.push(connection);
        Ok(answer)
    }

    fn take_place(&self) -> Place<'_> {
        let mut state = self.state.lock();
        while state.in_use >= CONNECTIONS_MAX {
            self.returned.wait(&mut state);
        }
        state.in_use += 1;
        Place { pool: self }
    }
}

/// Runs `query` within a transaction. Its two statements are kept prepared: to read them anew costs as much as a query.
fn in_one_moment<T>(
    connection: &Connection,
    query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let answer = query(connection)?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(answer)
}

/// The right to use one connection.
struct Place<'a> {
    pool: &'a Pool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.pool.state.lock().in_use -= 1;
        self.pool.returned.notify_one();
    }
}
