//! A database for one test.

use super::client::Client;
use crate::Unavailable;

/// The database to be connected to while others are made and dropped.
const ELSEWHERE: &str = "postgres";

/// A database that is dropped with this, whoever is connected to it.
#[derive(Debug)]
pub struct Database {
    client: Client,
    name: String,
}

impl Database {
    /// Makes one; `how` is what stands behind `CREATE DATABASE name`.
    pub(super) fn create(client: &Client, name: &str, how: &str) -> Result<Self, Unavailable> {
        client.run(ELSEWHERE, &format!("CREATE DATABASE {name} {how}"))?;
        Ok(Self { client: client.clone(), name: name.to_owned() })
    }

    /// Where it is: `postgres://usher:secret@127.0.0.1:PORT/NAME`.
    pub fn url(&self) -> String {
        self.client.url(&self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL in it with `psql`, as [`run_sql`](super::Postgres::run_sql) does.
    ///
    /// # Errors
    /// [`Unavailable`] with what `psql` said, if a statement fails.
    pub fn run_sql(&self, sql: &str) -> Result<String, Unavailable> {
        self.client.run(&self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A server that is down by now takes its databases with it.
        let _ = self.client.run(ELSEWHERE, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}
