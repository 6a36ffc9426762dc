//! What benchmarks stand on: servers, stores, licensees with members, and load.

pub mod background;
pub mod crowd;
pub mod file_sizes;
pub mod grpc;
pub mod history;
pub mod http;
pub mod inner;
pub mod large;
pub mod load;
pub mod process;
pub mod program;
pub mod store;

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
    sync::Arc,
};

use licensing::Catalogue;
use servers::{Database, Kafka, Postgres};
use tempfile::TempDir;

use crate::{effort::Effort, error::BenchError, progress};

/// What all benchmarks of a run share. Servers start when they are first needed.
pub struct Ground {
    /// How much is measured.
    pub effort: Effort,
    /// What is sold.
    pub catalogue: Arc<Catalogue>,
    programs: Programs,
    // In this order they go: what works on a server before the server.
    history: OnceCell<history::History>,
    postgres: OnceCell<Postgres>,
    kafka: OnceCell<Kafka>,
    large: OnceCell<TempDir>,
    folder: TempDir,
}

/// Programs that are measured from outside.
#[derive(Debug, Clone)]
pub struct Programs {
    /// Usher's own.
    pub usher: PathBuf,
    /// `cqrs-es` with `postgres-es`.
    pub peer: PathBuf,
}

impl Ground {
    /// Ground for a run.
    ///
    /// # Errors
    /// [`BenchError`] without a place for files.
    pub fn new(effort: Effort, programs: Programs) -> Result<Self, BenchError> {
        let folder = TempDir::with_prefix("usher-bench-").map_err(BenchError::system("make a temporary folder"))?;
        let catalogue = Arc::new(Catalogue::built_in()?);
        Ok(Self {
            effort,
            catalogue,
            programs,
            postgres: OnceCell::new(),
            kafka: OnceCell::new(),
            large: OnceCell::new(),
            history: OnceCell::new(),
            folder,
        })
    }

    /// Usher's program.
    ///
    /// # Errors
    /// [`BenchError::Program`] if it is not built.
    pub fn usher(&self) -> Result<&Path, BenchError> {
        built(&self.programs.usher)
    }

    /// The peer's program.
    ///
    /// # Errors
    /// [`BenchError::Program`] if it is not built.
    pub fn peer(&self) -> Result<&Path, BenchError> {
        built(&self.programs.peer)
    }

    /// The PostgreSQL server of this run, with default durability.
    ///
    /// # Errors
    /// [`BenchError::Server`] if it can't be had.
    pub fn postgres(&self) -> Result<&Postgres, BenchError> {
        started(&self.postgres, "PostgreSQL", Postgres::start)
    }

    /// An empty database on it.
    ///
    /// # Errors
    /// [`BenchError::Server`] if it can't be had.
    pub fn database(&self) -> Result<Database, BenchError> {
        Ok(self.postgres()?.database()?)
    }

    /// The Apache Kafka broker of this run.
    ///
    /// # Errors
    /// [`BenchError::Server`] if it can't be had.
    pub fn kafka(&self) -> Result<&Kafka, BenchError> {
        started(&self.kafka, "Apache Kafka", Kafka::start)
    }

    /// A folder with a store of a few licensees, each larger than the one before; whoever opens the store closes it again.
    ///
    /// # Errors
    /// [`BenchError`] if it can't be filled.
    pub fn large(&self) -> Result<&Path, BenchError> {
        if let Some(folder) = self.large.get() {
            return Ok(folder.path());
        }
        let folder = self.folder()?;
        large::fill(self, folder.path(), large::sizes(self))?;
        Ok(self.large.get_or_init(|| folder).path())
    }

    /// A store on PostgreSQL with a long history, which nobody adds to.
    ///
    /// # Errors
    /// [`BenchError`] if it can't be filled.
    pub fn history(&self) -> Result<&history::History, BenchError> {
        if let Some(history) = self.history.get() {
            return Ok(history);
        }
        let history = history::History::new(self)?;
        Ok(self.history.get_or_init(|| history))
    }

    /// An empty folder, gone with what is returned.
    ///
    /// # Errors
    /// [`BenchError::System`] if it can't be made.
    pub fn folder(&self) -> Result<TempDir, BenchError> {
        TempDir::new_in(self.folder.path()).map_err(BenchError::system("make a temporary folder"))
    }
}

fn started<'a, S>(
    place: &'a OnceCell<S>,
    name: &str,
    start: impl FnOnce() -> Result<S, servers::Unavailable>,
) -> Result<&'a S, BenchError> {
    if let Some(server) = place.get() {
        return Ok(server);
    }
    progress::tell(&format!("starting {name}"));
    let server = start()?;
    Ok(place.get_or_init(|| server))
}

fn built(program: &Path) -> Result<&Path, BenchError> {
    let name = program.display().to_string();
    program
        .exists()
        .then_some(program)
        .ok_or_else(|| BenchError::program(&name, "it is not built: use cargo xtask bench"))
}
