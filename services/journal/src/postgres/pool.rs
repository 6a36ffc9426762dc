//! A bounded number of connections to one database.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use postgres::{Client, Row, Transaction};
use postgres_openssl::MakeTlsConnector;

use super::{
    failure::{self, Failure},
    tls,
    url::DatabaseUrl,
    value::Param,
};
use crate::JournalError;

/// Of a process that stands still in the middle of a transaction, as one does that was stopped, the server gives the locks to
/// others after this time. For this transaction only, so that it works behind a pooler of transactions.
const LIMIT_STANDSTILL: &str = "SET LOCAL idle_in_transaction_session_timeout = '10s'";
/// For how long a connection is waited for when all are in use.
const PLACE_WAIT: Duration = Duration::from_secs(30);
/// How often a transaction is tried that only another one stood in the way of.
const COLLISIONS_MAX: u32 = 5;

/// Connections, opened when first needed; one that broke is dropped.
///
/// Everything that goes through it is safe behind a transaction pooler: nothing outlives a transaction. Its closures
/// must keep to that: typed statements, no prepared ones, no `SET` but `SET LOCAL`, no `LISTEN`. All of it blocks; it
/// must not be called from within an asynchronous runtime's own threads.
pub struct Pool {
    url: DatabaseUrl,
    server: String,
    tls: MakeTlsConnector,
    connections_max: usize,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Client>,
    in_use: usize,
}

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

impl Pool {
    /// A pool of at most `connections_max` connections; none is opened yet.
    ///
    /// # Errors
    /// [`JournalError::Certificate`] when a file that the URL names can't be used.
    pub fn new(url: &DatabaseUrl, connections_max: usize) -> Result<Self, JournalError> {
        Ok(Self::with_connector(url.clone(), tls::connector(url.tls())?, connections_max))
    }

    /// Another pool for the same database. What is trusted there is not read again, which takes longer than a connection.
    pub(super) fn another(&self, connections_max: usize) -> Self {
        Self::with_connector(self.url.clone(), self.tls.clone(), connections_max)
    }

    fn with_connector(url: DatabaseUrl, tls: MakeTlsConnector, connections_max: usize) -> Self {
        Self {
            server: url.server(),
            url,
            tls,
            connections_max: connections_max.max(1),
            state: Mutex::default(),
            returned: Condvar::new(),
        }
    }

    /// Host, port and database, without user and password.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Runs `query` in a transaction that only reads; each statement sees what is committed when it begins.
    ///
    /// # Errors
    /// What [`Failure`] comes to, and [`JournalError::Unreachable`] or [`JournalError::Database`] without a connection.
    pub fn read<T, E: Into<Failure>>(
        &self,
        query: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, JournalError> {
        self.try_transaction(Access::Read, query).map_err(|failure| failure.at(&self.server))
    }

    /// Runs `change` in a transaction and commits it; without it when `change` fails.
    ///
    /// # Errors
    /// As [`read`](Self::read). When the connection is lost while it commits, it is open whether it did.
    pub fn write<T, E: Into<Failure>>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, JournalError> {
        self.try_transaction(Access::Write, change).map_err(|failure| failure.at(&self.server))
    }

    /// Runs one statement that only reads, without a transaction around it.
    pub(super) fn query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, JournalError> {
        self.try_query(sql, params).map_err(|failure| failure.at(&self.server))
    }

    /// As [`query`](Self::query), each row made into what it stands for.
    pub(super) fn query_all<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnMut(&Row) -> Result<T, Failure>,
    ) -> Result<Vec<T>, JournalError> {
        let rows = self.query(sql, params)?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(|failure: Failure| failure.at(&self.server))
    }

    /// As [`query_all`](Self::query_all), of the first row.
    pub(super) fn query_first<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnMut(&Row) -> Result<T, Failure>,
    ) -> Result<Option<T>, JournalError> {
        Ok(self.query_all(sql, params, read)?.into_iter().next())
    }

    /// Runs one statement that reads or changes, which is a transaction of its own.
    ///
    /// # Errors
    /// As [`read`](Self::read). When the connection is lost meanwhile, it is open what became of it.
    pub fn once(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, JournalError> {
        self.try_once(sql, params).map_err(|failure| failure.at(&self.server))
    }

    /// Runs one statement that reads or changes, which is a transaction of its own, once: after a lost connection it is
    /// open what became of it.
    pub(super) fn try_once(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Failure> {
        let _place = self.take_place()?;
        let Connection { mut client, .. } = self.connection()?;
        let outcome = client.query_typed(sql, params).map_err(Failure::from);
        self.keep_unless_lost(client, outcome)
    }

    /// Runs one statement that comes to the same however often it runs.
    pub(super) fn repeat(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, JournalError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.try_query(sql, params) {
                Err(failure) if failure.is_collision() && tried < COLLISIONS_MAX => {}
                other => return other.map_err(|failure| failure.at(&self.server)),
            }
        }
    }

    /// Runs `change` as [`write`](Self::write) does, again if another transaction was in the way.
    pub(super) fn write_again<T>(
        &self,
        mut change: impl FnMut(&mut Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, JournalError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.try_transaction(Access::Write, &mut change) {
                Err(failure) if failure.is_collision() && tried < COLLISIONS_MAX => {}
                other => return other.map_err(|failure| failure.at(&self.server)),
            }
        }
    }

    /// Runs statements without parameters that no transaction may be around.
    pub(super) fn outside_of_transactions(&self, sql: &str) -> Result<(), JournalError> {
        self.try_outside(sql).map_err(|failure| failure.at(&self.server))
    }

    fn try_outside(&self, sql: &str) -> Result<(), Failure> {
        let _place = self.take_place()?;
        let Connection { mut client, .. } = self.connection()?;
        let outcome = client.batch_execute(sql).map_err(Failure::from);
        self.keep_unless_lost(client, outcome)
    }

    fn try_query(&self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, Failure> {
        let _place = self.take_place()?;
        loop {
            let Connection { mut client, is_reused } = self.connection()?;
            match client.query_typed(sql, params) {
                Err(error) if is_reused && failure::is_lost(&error) => self.forget_idle(),
                outcome => return self.keep_unless_lost(client, outcome.map_err(Failure::from)),
            }
        }
    }

    fn try_transaction<T, E: Into<Failure>>(
        &self,
        access: Access,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let _place = self.take_place()?;
        loop {
            let Connection { mut client, is_reused } = self.connection()?;
            let transaction = match begin(&mut client, access) {
                Ok(transaction) => transaction,
                // Nothing was done yet: most likely the server was restarted since the connection was last used.
                Err(error) if is_reused && failure::is_lost(&error) => {
                    self.forget_idle();
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let outcome = in_transaction(transaction, work);
            return self.keep_unless_lost(client, outcome);
        }
    }

    /// A connection that was used before, or a new one.
    fn connection(&self) -> Result<Connection, Failure> {
        let idle = self.state.lock().idle.pop();
        if let Some(client) = idle {
            return Ok(Connection { client, is_reused: true });
        }
        let connected = self.url.config().connect(self.tls.clone());
        let client = connected.map_err(|error| failure::while_connecting(&self.server, error))?;
        Ok(Connection { client, is_reused: false })
    }

    /// Keeps a connection for the next one who needs it, unless the outcome tells that it broke.
    fn keep_unless_lost<T>(&self, client: Client, outcome: Result<T, Failure>) -> Result<T, Failure> {
        let is_lost = outcome.as_ref().is_err_and(Failure::is_lost) || client.is_closed();
        if is_lost {
            self.forget_idle();
        } else {
            self.state.lock().idle.push(client);
        }
        outcome
    }

    /// When one connection broke, most likely all of them did.
    fn forget_idle(&self) {
        let idle = std::mem::take(&mut self.state.lock().idle);
        drop(idle);
    }

    fn take_place(&self) -> Result<Place<'_>, Failure> {
        let deadline = Instant::now() + PLACE_WAIT;
        let mut state = self.state.lock();
        while state.in_use >= self.connections_max {
            if self.returned.wait_until(&mut state, deadline).timed_out() {
                let remedy = format!("all {} connections are in use for long: allow more", self.connections_max);
                return Err(failure::refused(&self.server, remedy, "no connection became free").into());
            }
        }
        state.in_use += 1;
        Ok(Place { pool: self })
    }
}

fn begin(client: &mut Client, access: Access) -> Result<Transaction<'_>, postgres::Error> {
    match access {
        Access::Read => client.build_transaction().read_only(true).start(),
        Access::Write => {
            // Not "read write": a server that takes no writes says so more clearly when it is asked to write.
            let mut transaction = client.transaction()?;
            transaction.batch_execute(LIMIT_STANDSTILL)?;
            Ok(transaction)
        }
    }
}

fn in_transaction<T, E: Into<Failure>>(
    mut transaction: Transaction<'_>,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
) -> Result<T, Failure> {
    match work(&mut transaction) {
        Ok(done) => {
            transaction.commit()?;
            Ok(done)
        }
        Err(error) => {
            let failure = error.into();
            if !failure.is_lost() {
                transaction.rollback()?;
            }
            Err(failure)
        }
    }
}

struct Connection {
    client: Client,
    is_reused: bool,
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
