//! A few read-only connections, so that reading never waits for writing.

use std::path::{Path, PathBuf};

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

/// How many connections are open at most; whoever comes when all are in use waits.
const CONNECTIONS_MAX: usize = 8;

/// How a connection to a file is opened for reading.
type Open = Box<dyn Fn(&Path) -> rusqlite::Result<Connection> + Send + Sync>;

/// Read-only connections to one file, opened when first needed. `E` is the error of whoever reads.
pub struct Pool<E> {
    path: PathBuf,
    open: Open,
    classify: fn(&Path, rusqlite::Error) -> E,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    in_use: usize,
}

impl<E> Pool<E> {
    /// A pool for a file that exists; `classify` says what an error means for it.
    pub fn new(
        path: &Path,
        open: impl Fn(&Path) -> rusqlite::Result<Connection> + Send + Sync + 'static,
        classify: fn(&Path, rusqlite::Error) -> E,
    ) -> Self {
        let (state, returned) = (Mutex::default(), Condvar::new());
        Self { path: path.to_owned(), open: Box::new(open), classify, state, returned }
    }

    /// Runs `query` in a transaction of its own, so that all its statements see the same moment.
    ///
    /// # Errors
    /// What `classify` makes of SQLite's.
    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, E> {
        self.try_read(query).map_err(|error| (self.classify)(&self.path, error))
    }

    fn try_read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let _place = self.take_place();
        let idle = self.state.lock().idle.pop();
        let connection = match idle {
            Some(connection) => connection,
            None => (self.open)(&self.path)?,
        };
        let answer = in_one_moment(&connection, query)?;
        // After an error the connection is closed instead.
        self.state.lock().idle.push(connection);
        Ok(answer)
    }

    fn take_place(&self) -> Place<'_, E> {
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
struct Place<'a, E> {
    pool: &'a Pool<E>,
}

impl<E> Drop for Place<'_, E> {
    fn drop(&mut self) {
        self.pool.state.lock().in_use -= 1;
        self.pool.returned.notify_one();
    }
}
