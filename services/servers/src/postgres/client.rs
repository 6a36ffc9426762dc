//! Running SQL beside whoever is tested.

use std::{path::PathBuf, process::Command};

use super::{PASSWORD, USER};
use crate::{Unavailable, error::checked};

/// How long a connection may take, in seconds: a server that stands still would keep us forever.
const CONNECT_WITHIN_S: &str = "10";

/// `psql`, and the server that it is for.
#[derive(Debug, Clone)]
pub struct Client {
    psql: PathBuf,
    port: u16,
}

impl Client {
    /// One for the server on a port.
    pub fn new(psql: PathBuf, port: u16) -> Self {
        Self { psql, port }
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs SQL and gives its rows, a line each.
    pub fn run(&self, database: &str, sql: &str) -> Result<String, Unavailable> {
        let mut command = Command::new(&self.psql);
        command.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1"]);
        command.args(["--dbname", &self.url(database), "--command", sql]).env("PGCONNECT_TIMEOUT", CONNECT_WITHIN_S);
        let output = command.output().map_err(Unavailable::system("run psql"))?;
        checked("psql", &output)
    }
}
