//! A store in a database.

use std::{
    ops::{Deref, Range},
    sync::Arc,
};

use journal::{
    Batch, Epoch, Journal,
    postgres::{DatabaseUrl, Options, Pool, PostgresStore},
};
use licensing::Catalogue;
use servers::{Database, Postgres};
use views::{Feeds, Rebuilt, Views, ViewsError, Watcher};

use crate::suite::world::SHARDS;

/// The store of whoever writes; processes that have views open it by themselves.
pub struct Store {
    // In this order: the database goes when nobody uses it any more.
    writer: PostgresStore,
    url: String,
    _database: Option<Database>,
}

/// The views as a process of its own has them.
pub struct Process {
    views: Views,
    _store: PostgresStore,
}

impl Deref for Process {
    type Target = Views;

    fn deref(&self) -> &Views {
        &self.views
    }
}

/// Rebuilds the views of a store.
#[derive(Clone)]
pub struct Rebuilder {
    pool: Arc<Pool>,
    store_id: Vec<u8>,
    journal: Arc<dyn Journal>,
    catalogue: Arc<Catalogue>,
}

impl Rebuilder {
    pub fn run(&self, watcher: &mut Watcher<'_>) -> Result<Rebuilt, ViewsError> {
        Views::rebuild_postgres(self.pool.clone(), &self.store_id, &self.journal, &self.catalogue, watcher)
    }
}

impl Store {
    pub fn new(shards: u16) -> Self {
        let database = Postgres::shared().unwrap().database().unwrap();
        let store = Self::at(&database.url(), shards);
        Self { _database: Some(database), ..store }
    }

    /// The store at a URL.
    pub fn at(url: &str, shards: u16) -> Self {
        let writer = open(url, shards);
        writer.hold_all().unwrap();
        Self { writer, url: url.to_owned(), _database: None }
    }

    pub fn journal(&self) -> Arc<dyn Journal> {
        self.writer.journal()
    }

    pub fn append(&self, batch: &Batch) {
        self.journal().append(batch).unwrap();
    }

    pub fn try_open(&self, catalogue: &Arc<Catalogue>) -> Result<Views, ViewsError> {
        let (pool, store_id) = (self.writer.pool(), self.writer.store_id());
        Views::open_postgres(pool, store_id, self.journal(), catalogue.clone(), all_shards())
    }

    /// What rebuilds the views, apart from the store.
    pub fn rebuilder(&self, catalogue: &Arc<Catalogue>) -> Rebuilder {
        let (pool, store_id) = (self.writer.pool(), self.writer.store_id().to_vec());
        Rebuilder { pool, store_id, journal: self.journal(), catalogue: catalogue.clone() }
    }

    /// Another process, which keeps some shards.
    pub fn open_process(&self, catalogue: &Arc<Catalogue>, feeds: &Feeds) -> Result<Process, ViewsError> {
        self.open_process_at(&self.url, catalogue, feeds)
    }

    /// As [`open_process`](Self::open_process), by another way to the database.
    pub fn open_process_at(&self, url: &str, catalogue: &Arc<Catalogue>, feeds: &Feeds) -> Result<Process, ViewsError> {
        let store = open(url, SHARDS);
        let (pool, store_id, journal) = (store.pool(), store.store_id(), store.journal());
        let views = Views::open_postgres(pool, store_id, journal, catalogue.clone(), feeds.clone())?;
        Ok(Process { views, _store: store })
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

fn open(url: &str, shards: u16) -> PostgresStore {
    let url: DatabaseUrl = url.parse().unwrap();
    PostgresStore::open(&url, &Options { shards, connections_max: 4, ..Options::new(journal::EventReader::NOTHING) })
        .unwrap()
}

/// Every shard, as kept by one process.
pub fn all_shards() -> Feeds {
    shards(0..SHARDS)
}

pub fn no_shards() -> Feeds {
    Feeds::default()
}

pub fn shards(shards: Range<u16>) -> Feeds {
    let feeds = Feeds::default();
    shards.for_each(|shard| feeds.take(shard, Epoch(1)));
    feeds
}
