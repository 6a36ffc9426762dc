//! Transactions on the database of the views.

use std::sync::Arc;

use journal::{
    JournalError,
    postgres::{self as store, Pool},
};
use postgres::Transaction;

use super::calls::Calls;
use crate::ViewsError;

/// The way to the database; clones share it.
#[derive(Clone)]
pub(super) struct Database {
    pool: Arc<Pool>,
}

/// Why a transaction failed; it is undone.
pub(super) enum Failure {
    /// The database said so, or could not be reached, or holds what was not written to it.
    Database(store::Failure),
    /// Something else stands in the way.
    Other(ViewsError),
}

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<ViewsError> for Failure {
    fn from(error: ViewsError) -> Self {
        Self::Other(error)
    }
}

/// A row that does not hold what was written to it.
pub(super) fn unreadable(detail: impl Into<String>) -> Failure {
    Failure::Database(store::Failure::Damaged(detail.into()))
}

impl Database {
    pub(super) fn new(pool: Arc<Pool>) -> Self {
        Self { pool }
    }

    /// Reads in a transaction; each statement sees what is committed when it begins.
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&mut Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, ViewsError> {
        let mut aside = None;
        let outcome = self.pool.read(|transaction| query(transaction).map_err(|failure| failure.split(&mut aside)));
        joined(outcome, aside)
    }

    /// Reads in a transaction of which all statements see the same moment.
    pub(super) fn read_in_one_moment<T>(
        &self,
        query: impl FnOnce(&mut Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, ViewsError> {
        self.read(|transaction| {
            transaction.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
            query(transaction)
        })
    }

    /// Writes in a transaction that is a single statement, so that nobody waits for a process that stands still meanwhile.
    /// Whether all of the calls came to true.
    pub(super) fn write_at_once(&self, calls: &Calls<'_>) -> Result<bool, ViewsError> {
        let (sql, params) = calls.statement();
        let rows = self.pool.once(&sql, &params).map_err(of_tables)?;
        let unreadable = |cause: postgres::Error| ViewsError::TablesUnreadable { detail: cause.to_string() };
        rows.first().map_or(Ok(false), |row| row.try_get(0).map_err(unreadable))
    }

    /// Writes in a transaction: all of it, or nothing.
    pub(super) fn write<T>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, ViewsError> {
        let mut aside = None;
        let outcome = self.pool.write(|transaction| change(transaction).map_err(|failure| failure.split(&mut aside)));
        joined(outcome, aside)
    }
}

impl Failure {
    /// What ends the pool's transaction; what the pool does not know is put aside.
    fn split(self, aside: &mut Option<ViewsError>) -> store::Failure {
        match self {
            Self::Database(failure) => failure,
            Self::Other(error) => {
                *aside = Some(error);
                store::Failure::Damaged(String::new())
            }
        }
    }
}

fn joined<T>(outcome: Result<T, JournalError>, aside: Option<ViewsError>) -> Result<T, ViewsError> {
    match (outcome, aside) {
        (Err(_), Some(aside)) => Err(aside),
        (outcome, _) => outcome.map_err(of_tables),
    }
}

/// What an error of the database's means for the views.
fn of_tables(error: JournalError) -> ViewsError {
    match error {
        JournalError::Corrupt { detail, .. } => ViewsError::TablesUnreadable { detail },
        other => ViewsError::Database(other),
    }
}
