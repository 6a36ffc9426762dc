//! A store with its engine running, embedded or on PostgreSQL.

use std::{path::Path, sync::Arc, time::Duration};

use engine::{Engine, Options, Running, Shared};
use journal::{
    Duty, Held, Journal, Node, NodeId, StreamIndex, Task,
    postgres::{self, PostgresStore},
    sqlite::{self, SqliteStore},
};
use licensing::Catalogue;
use servers::Database;
use tempfile::TempDir;
use uuid::Uuid;
use views::Views;

use super::Ground;
use crate::error::BenchError;

/// How long the index or the views may take to get level.
pub const LEVEL_WAIT: Duration = Duration::from_secs(600);
/// For how long one of several nodes holds its shards.
const HELD_FOR: Duration = Duration::from_secs(3_600);

/// Where a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On PostgreSQL, with default durability.
    Postgres,
    /// In a folder: SQLite, WAL, synchronous=FULL.
    Embedded,
}

impl Place {
    /// What it is called in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Embedded => "SQLite",
        }
    }
}

/// An open store with its engine running.
pub struct Store {
    // In this order they go.
    running: Running,
    opened: Opened,
    catalogue: Arc<Catalogue>,
    _place: Option<Where>,
}

enum Opened {
    Folder(Box<SqliteStore>),
    Database(Box<PostgresStore>),
}

/// What goes away with a store that was made for a benchmark.
pub enum Where {
    /// A folder.
    Folder(TempDir),
    /// A database.
    Database(Database),
}

impl Where {
    /// Somewhere empty.
    ///
    /// # Errors
    /// [`BenchError`] if it can't be had.
    pub fn new(ground: &Ground, place: Place) -> Result<Self, BenchError> {
        Ok(match place {
            Place::Embedded => Self::Folder(ground.folder()?),
            Place::Postgres => Self::Database(ground.database()?),
        })
    }
}

impl Store {
    /// An empty store, gone with what is returned, in the usual number of shards.
    ///
    /// # Errors
    /// [`BenchError`] if it can't be made.
    pub fn new(ground: &Ground, place: Place) -> Result<Self, BenchError> {
        Self::with_shards(ground, place, None)
    }

    /// An empty store in so many shards.
    ///
    /// # Errors
    /// [`BenchError`] if it can't be made.
    pub fn with_shards(ground: &Ground, place: Place, shards: Option<u16>) -> Result<Self, BenchError> {
        let at = Where::new(ground, place)?;
        let store = match &at {
            Where::Folder(folder) => Self::in_folder(folder.path(), &ground.catalogue, shards)?,
            Where::Database(database) => Self::in_database(&database.url(), &ground.catalogue, shards)?,
        };
        Ok(Self { _place: Some(at), ..store })
    }

    /// The store in a folder.
    ///
    /// # Errors
    /// [`BenchError`] if it can't be opened.
    pub fn in_folder(folder: &Path, catalogue: &Arc<Catalogue>, shards: Option<u16>) -> Result<Self, BenchError> {
        let mut options = sqlite::Options::new(engine::EVENT_READER);
        options.shards = shards.unwrap_or(options.shards);
        let store = SqliteStore::open(folder, &options)?;
        let running = engine::start(store.journal(), store.index(), Options::new(catalogue.clone()))?;
        Ok(Self { running, opened: Opened::Folder(Box::new(store)), catalogue: catalogue.clone(), _place: None })
    }

    /// The store in a database, all of whose shards this process decides.
    ///
    /// # Errors
    /// [`BenchError`] if it can't be opened.
    pub fn in_database(url: &str, catalogue: &Arc<Catalogue>, shards: Option<u16>) -> Result<Self, BenchError> {
        Self::on_postgres(url, catalogue, shards, |store| Ok(store.hold_all()?))
    }

    /// One of several nodes on a database: it decides every `nodes`th shard, from its `place` on.
    ///
    /// # Errors
    /// [`BenchError`] if it can't be opened, or another holds one of these shards.
    pub fn in_shared_database(
        url: &str,
        catalogue: &Arc<Catalogue>,
        place: u16,
        nodes: u16,
    ) -> Result<Self, BenchError> {
        Self::on_postgres(url, catalogue, None, |store| hold_some(store, |shard| shard % nodes == place))
    }

    fn on_postgres(
        url: &str,
        catalogue: &Arc<Catalogue>,
        shards: Option<u16>,
        hold: impl FnOnce(&PostgresStore) -> Result<(), BenchError>,
    ) -> Result<Self, BenchError> {
        let url = url.parse().map_err(|error| BenchError::wrong(format!("the database's url: {error}")))?;
        let mut options = postgres::Options::new(engine::EVENT_READER);
        options.shards = shards.unwrap_or(options.shards);
        let store = PostgresStore::open(&url, &options)?;
        hold(&store)?;
        let held = store.held();
        let shared = Some(Shared { users: store.users(), held: held.clone() });
        let options = Options { shared, ..Options::new(catalogue.clone()) };
        let running = engine::start(store.journal(), store.index(), options)?;
        let leases = held.shards().into_iter().filter_map(|shard| Some((shard, held.epoch(shard)?)));
        running.engine().take_shards(&leases.collect::<Vec<_>>())?;
        Ok(Self { running, opened: Opened::Database(Box::new(store)), catalogue: catalogue.clone(), _place: None })
    }

    /// The way into the engine.
    pub fn engine(&self) -> Engine {
        self.running.engine()
    }

    /// The truth.
    pub fn journal(&self) -> Arc<dyn Journal> {
        match &self.opened {
            Opened::Folder(store) => store.journal(),
            Opened::Database(store) => store.journal(),
        }
    }

    /// The index over it.
    pub fn index(&self) -> Arc<dyn StreamIndex> {
        match &self.opened {
            Opened::Folder(store) => store.index(),
            Opened::Database(store) => store.index(),
        }
    }

    /// What tells this store from every other.
    pub fn store_id(&self) -> &[u8] {
        match &self.opened {
            Opened::Folder(store) => store.store_id(),
            Opened::Database(store) => store.store_id(),
        }
    }

    /// Opens the read models, and waits until they show all there is.
    ///
    /// # Errors
    /// [`BenchError`] if they can't be opened.
    pub fn open_views(&self) -> Result<Arc<Views>, BenchError> {
        let (journal, catalogue) = (self.journal(), self.catalogue.clone());
        let views = match &self.opened {
            Opened::Folder(store) => {
                let folder = store.journal_path().parent().unwrap_or(Path::new("."));
                Views::open(folder, journal, store.journal_path(), catalogue)?
            }
            Opened::Database(store) => {
                let feeds = Held::of_all(journal.shard_count());
                Views::open_postgres(store.pool(), store.store_id(), journal, catalogue, feeds)?
            }
        };
        self.wait_for(&views)?;
        Ok(Arc::new(views))
    }

    /// Waits until the views show all there is.
    ///
    /// # Errors
    /// [`BenchError::Wrong`] if they don't get there.
    pub fn wait_for(&self, views: &Views) -> Result<(), BenchError> {
        let is_level = views.wait_for(&self.engine().positions(), LEVEL_WAIT)?;
        if is_level { Ok(()) } else { Err(BenchError::wrong("the views did not get level")) }
    }

    /// Waits until everything is indexed.
    ///
    /// # Errors
    /// [`BenchError::Wrong`] if it isn't for long.
    pub fn wait_for_index(&self) -> Result<(), BenchError> {
        let is_level = self.index().wait_for_lag_below(1, LEVEL_WAIT)?;
        if is_level { Ok(()) } else { Err(BenchError::wrong("the index did not get level")) }
    }

    /// Makes the read models anew; nobody may have them open.
    ///
    /// # Errors
    /// [`BenchError`] if they can't be made.
    pub fn rebuild_views(&self) -> Result<(), BenchError> {
        let mut go_on = |_| std::ops::ControlFlow::Continue(());
        let (journal, catalogue) = (self.journal(), &self.catalogue);
        match &self.opened {
            Opened::Folder(store) => {
                let folder = store.journal_path().parent().unwrap_or(Path::new("."));
                Views::rebuild(folder, &journal, store.journal_path(), catalogue, &mut go_on)?
            }
            Opened::Database(store) => {
                Views::rebuild_postgres(store.pool(), store.store_id(), &journal, catalogue, &mut go_on)?
            }
        };
        Ok(())
    }

    /// The URL of its database, if it has one of its own.
    pub fn url(&self) -> Option<String> {
        match &self._place {
            Some(Where::Database(database)) => Some(database.url()),
            _ => None,
        }
    }

    /// Records of the journal, over all shards.
    ///
    /// # Errors
    /// [`BenchError`] if it can't be read.
    pub fn records(&self) -> Result<u64, BenchError> {
        Ok(self.journal().heads()?.iter().map(|head| head.position).sum())
    }
}

/// Takes the write leases of some shards, for longer than any benchmark lasts.
fn hold_some(store: &PostgresStore, is_mine: impl Fn(u16) -> bool) -> Result<(), BenchError> {
    let id = NodeId(Uuid::now_v7());
    let node = Node { id, address: String::new(), duties: vec![Duty::Write] };
    let roster = store.leases().renew(&node, HELD_FOR)?;
    for lease in roster.leases {
        let Task { duty, shard } = lease.task;
        if duty == Duty::Write && is_mine(shard) {
            let taken = store.leases().take(id, lease.task, lease.epoch)?;
            let epoch = taken.ok_or_else(|| BenchError::wrong(format!("shard {shard} belongs to another node")))?;
            store.held().take(shard, epoch);
        }
    }
    Ok(())
}
