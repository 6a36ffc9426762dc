//! PostgreSQL.

mod bouncer;
mod client;
mod database;
mod installation;

use std::{
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::{
    Unavailable,
    folder::Folder,
    ports,
    supervisor::{Program, Supervisor},
    tls::Certificates,
};

pub use bouncer::PgBouncer;
use client::Client;
pub use database::Database;
use installation::Installation;

/// The superuser of each server.
pub(crate) const USER: &str = "usher";
/// Its password.
pub(crate) const PASSWORD: &str = "secret";
/// Whom a server runs as where we are root: the user of Debian's package, or anybody.
pub(crate) const OWNERS: &[&str] = &["postgres", "nobody"];
/// How many connections a server takes.
const CONNECTIONS_MAX: u16 = 300;

/// A PostgreSQL server with default durability.
#[derive(Debug)]
pub struct Postgres {
    supervisor: Supervisor,
    installation: Installation,
    client: Client,
    certificates: Option<Certificates>,
    databases: AtomicU32,
}

/// How a server is to be.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// It takes connections with TLS as well.
    pub ssl: bool,
    /// Further settings, as in `postgresql.conf`.
    pub settings: Vec<(String, String)>,
}

impl Postgres {
    /// The one server that all tests of this process share; started by whoever comes first.
    ///
    /// # Errors
    /// [`Unavailable`] if it can't be had: the same for all.
    pub fn shared() -> Result<&'static Self, Unavailable> {
        static SHARED: OnceLock<Result<Postgres, Unavailable>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref().map_err(Clone::clone)
    }

    /// Starts a server of one's own, to be killed or paused.
    ///
    /// # Errors
    /// [`Unavailable`] if it can't be had.
    pub fn start() -> Result<Self, Unavailable> {
        Self::start_with(Options::default())
    }

    /// Starts a server that is not as the others.
    ///
    /// # Errors
    /// [`Unavailable`] if it can't be had.
    pub fn start_with(options: Options) -> Result<Self, Unavailable> {
        let installation = Installation::newest()?;
        let port = ports::free()?;
        let (folder, guard) = Folder::new("postgres", OWNERS)?;
        let program = Program {
            name: "postgres",
            command: folder.as_owner(&installation.program("postgres"), &["-D".to_owned(), text(&folder.join("data"))]),
            ready: "database system is ready to accept connections",
            // The fast shutdown: transactions are rolled back, and nobody is waited for.
            stop: "INT",
        };
        let supervisor = Supervisor::new(program, &folder, guard)?;
        make_cluster(&installation, &folder)?;
        let certificates = if options.ssl { Some(certificates(&folder)?) } else { None };
        let settings = settings(&folder, port, certificates.as_ref(), &options.settings);
        folder.write("data/postgresql.conf", &settings)?;
        supervisor.restart()?;
        let client = Client::new(installation.program("psql"), port);
        Ok(Self { supervisor, installation, client, certificates, databases: AtomicU32::new(0) })
    }

    /// Makes a database that is empty, and dropped with what is returned.
    ///
    /// # Errors
    /// [`Unavailable`] if the server is down.
    pub fn database(&self) -> Result<Database, Unavailable> {
        Database::create(&self.client, &self.new_name(), "")
    }

    /// Makes a database that sorts texts as `locale` does (such as `en-US`), by ICU: most databases in use do, while
    /// [`database`](Self::database) goes by code points.
    ///
    /// # Errors
    /// [`Unavailable`] if the server is down, or does not know the locale.
    pub fn database_in(&self, locale: &str) -> Result<Database, Unavailable> {
        let locale = locale.replace('\'', "''");
        Database::create(
            &self.client,
            &self.new_name(),
            &format!("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE '{locale}'"),
        )
    }

    /// The URL of a database of this server, for the superuser.
    pub fn url(&self, database: &str) -> String {
        self.client.url(database)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.client.port()
    }

    /// Runs SQL with `psql`, as the superuser; gives the rows a line each, with `|` between the columns.
    ///
    /// # Errors
    /// [`Unavailable`] with what `psql` said, if a statement fails.
    pub fn run_sql(&self, database: &str, sql: &str) -> Result<String, Unavailable> {
        self.client.run(database, sql)
    }

    /// Kills the server and every process of it, as `kill -9` does.
    ///
    /// # Errors
    /// [`Unavailable`] if the shell that keeps it is gone.
    pub fn kill(&self) -> Result<(), Unavailable> {
        self.supervisor.kill()
    }

    /// Stops the server in order, without waiting for its clients.
    ///
    /// # Errors
    /// [`Unavailable`] if the shell that keeps it is gone.
    pub fn stop(&self) -> Result<(), Unavailable> {
        self.supervisor.stop()
    }

    /// Starts the server again, on the same port with the same data; stops it before, if it runs.
    ///
    /// # Errors
    /// [`Unavailable`] if it doesn't come up.
    pub fn restart(&self) -> Result<(), Unavailable> {
        self.supervisor.restart()
    }

    /// Lets the server and every process of it stand still (`SIGSTOP`): nobody gets an answer.
    ///
    /// # Errors
    /// [`Unavailable`] if it is down.
    pub fn pause(&self) -> Result<(), Unavailable> {
        self.supervisor.signal("STOP")
    }

    /// Lets it go on after [`pause`](Self::pause).
    ///
    /// # Errors
    /// [`Unavailable`] if it is down.
    pub fn resume(&self) -> Result<(), Unavailable> {
        self.supervisor.signal("CONT")
    }

    /// The certificate of whoever issued the server's, as a PEM file; `None` without [`Options::ssl`].
    pub fn ca(&self) -> Option<&Path> {
        self.certificates.as_ref().map(|certificates| certificates.ca.as_path())
    }

    /// The main process, while the server should run.
    pub fn pid(&self) -> Option<u32> {
        self.supervisor.pid()
    }

    /// Where PostgreSQL's programs are.
    pub fn bin_dir(&self) -> &Path {
        self.installation.bin_dir()
    }

    /// PostgreSQL's major version.
    pub fn version(&self) -> u32 {
        self.installation.version()
    }

    fn new_name(&self) -> String {
        format!("usher_{}", self.databases.fetch_add(1, Ordering::Relaxed))
    }
}

fn make_cluster(installation: &Installation, folder: &Folder) -> Result<(), Unavailable> {
    let password = folder.write("password", PASSWORD)?;
    // What initdb writes need not survive a power cut; what the server writes later is synced as always.
    let settled = ["--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"];
    let mut arguments: Vec<String> = settled.map(str::to_owned).to_vec();
    arguments.push(format!("--username={USER}"));
    arguments.push(format!("--pwfile={}", text(&password)));
    arguments.push(format!("--pgdata={}", text(&folder.join("data"))));
    folder.run(&installation.program("initdb"), &arguments)?;
    Ok(())
}

fn certificates(folder: &Folder) -> Result<Certificates, Unavailable> {
    Certificates::make(folder)
}

fn settings(folder: &Folder, port: u16, certificates: Option<&Certificates>, further: &[(String, String)]) -> String {
    let mut settings = vec![
        ("listen_addresses".to_owned(), "127.0.0.1".to_owned()),
        ("port".to_owned(), port.to_string()),
        ("unix_socket_directories".to_owned(), text(folder.path())),
        ("max_connections".to_owned(), CONNECTIONS_MAX.to_string()),
    ];
    if let Some(certificates) = certificates {
        settings.push(("ssl".to_owned(), "on".to_owned()));
        settings.push(("ssl_ca_file".to_owned(), text(&certificates.ca)));
        settings.push(("ssl_cert_file".to_owned(), text(&certificates.server.certificate)));
        settings.push(("ssl_key_file".to_owned(), text(&certificates.server.key)));
    }
    let all = settings.iter().chain(further);
    all.map(|(name, value)| format!("{name} = '{}'\n", value.replace('\'', "''"))).collect()
}

fn text(path: &Path) -> String {
    PathBuf::from(path).to_string_lossy().into_owned()
}
