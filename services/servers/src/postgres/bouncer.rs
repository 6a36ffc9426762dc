//! A pooler before a PostgreSQL server.

use super::{OWNERS, PASSWORD, Postgres, USER, text};
use crate::{
    Unavailable,
    folder::Folder,
    ports, programs,
    supervisor::{Program, Supervisor},
};

/// Connections to each database: few, so that each serves many clients.
const POOL_SIZE: u16 = 5;

/// PgBouncer in transaction mode: each transaction may be on another connection than the one before it.
#[derive(Debug)]
pub struct PgBouncer {
    // Held for its drop, which ends the pooler.
    _supervisor: Supervisor,
    port: u16,
}

impl PgBouncer {
    /// Starts one before a server.
    ///
    /// # Errors
    /// [`Unavailable`] if it can't be had.
    pub fn start(server: &Postgres) -> Result<Self, Unavailable> {
        let mend = "install the Debian package pgbouncer";
        let pgbouncer = programs::find("pgbouncer").ok_or(Unavailable::Missing { program: "pgbouncer", mend })?;
        let port = ports::free()?;
        let (folder, guard) = Folder::new("pgbouncer", OWNERS)?;
        let users = folder.write("users", &format!("\"{USER}\" \"{PASSWORD}\"\n"))?;
        let settings = format!(
            "[databases]\n\
             * = host=127.0.0.1 port={}\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = scram-sha-256\n\
             auth_file = {}\n\
             pool_mode = transaction\n\
             default_pool_size = {POOL_SIZE}\n\
             max_client_conn = 1000\n",
            server.port(),
            text(&users),
        );
        let file = folder.write("pgbouncer.ini", &settings)?;
        let program = Program {
            name: "pgbouncer",
            command: folder.as_owner(&pgbouncer, &[text(&file)]),
            ready: "process up",
            stop: "TERM",
        };
        let supervisor = Supervisor::new(program, &folder, guard)?;
        supervisor.restart()?;
        Ok(Self { _supervisor: supervisor, port })
    }

    /// The URL of a database behind it, for the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }
}
