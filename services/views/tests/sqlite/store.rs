//! A store in a folder.

use std::{path::PathBuf, sync::Arc};

use journal::{
    Batch, Journal,
    sqlite::{Options, SqliteStore},
};
use licensing::Catalogue;
use tempfile::TempDir;
use views::{Rebuilt, Views, ViewsError, Watcher};

pub struct Store {
    folder: TempDir,
    store: SqliteStore,
}

impl Store {
    pub fn new(shards: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { shards, ..Options::new(journal::EventReader::NOTHING) };
        let store = SqliteStore::open(folder.path(), &options).unwrap();
        Self { folder, store }
    }

    pub fn journal(&self) -> Arc<dyn Journal> {
        self.store.journal()
    }

    pub fn append(&self, batch: &Batch) {
        self.journal().append(batch).unwrap();
    }

    pub fn try_open(&self, catalogue: &Arc<Catalogue>) -> Result<Views, ViewsError> {
        Views::open(self.folder.path(), self.journal(), self.store.journal_path(), catalogue.clone())
    }

    pub fn rebuild(&self, catalogue: &Arc<Catalogue>, watcher: &mut Watcher<'_>) -> Result<Rebuilt, ViewsError> {
        Views::rebuild(self.folder.path(), &self.journal(), self.store.journal_path(), catalogue, watcher)
    }

    /// A file of the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
