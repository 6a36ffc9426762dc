//! A few read-only connections, so that reading never waits for writing.

use std::path::{Path, PathBuf};

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use crate::{
    connection,
    error::{InFile, ViewsError},
};

/// How many connections are open at most; whoever comes when all are in use waits.
const CONNECTIONS_MAX: usize = 8;

/// Read-only connections to the views with the journal's tables beside them, opened when first needed.
pub(crate) struct Pool {
    file: PathBuf,
    journal_file: PathBuf,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    in_use: usize,
}

impl Pool {
    /// A pool for files that exist.
    pub(crate) fn new(file: &Path, journal_file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            journal_file: journal_file.to_owned(),
            state: Mutex::default(),
            returned: Condvar::new(),
        }
    }

    /// Runs `query` in a transaction of its own, so that all its statements see the same moment.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, ViewsError> {
        let _place = self.take_place();
        let idle = self.state.lock().idle.pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => connection::open_reader(&self.file, &self.journal_file).in_file(&self.file)?,
        };
        let answer = connection.transaction().and_then(|transaction| query(&transaction)).in_file(&self.file)?;
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
