//! The embedded store: one folder, no server.
//!
//! Read models and notices lie in files beside it; what all of them do alike with SQLite is here, in [`connection`], [`files`],
//! [`soundness`], [`value`] and [`Pool`].
//!
//! | file | is |
//! | --- | --- |
//! | `journal.db` | the only truth |
//! | `index.db` | derived from it, rebuilt at any doubt |
//! | `lock` | held for as long as the store is open |

mod check;
mod commits;
pub mod connection;
mod details;
mod erasure;
mod failure;
pub mod files;
mod index;
mod journal;
mod key;
mod lock;
mod pool;
mod schema;
pub mod soundness;
pub mod value;

use std::{fs, path::Path, sync::Arc};

pub use index::SqliteIndex;
pub use journal::SqliteJournal;
pub use pool::Pool;

use crate::{Background, EventReader, IndexInspection, Journal, JournalError, StreamIndex};
use failure::InFile;
use index::indexer;
use lock::FolderLock;

/// The truth.
const JOURNAL_FILE: &str = "journal.db";
/// What is derived from it.
const INDEX_FILE: &str = "index.db";
/// Another crate's file in the same folder; named here only to notice that a store was here before.
const VIEWS_FILE: &str = "views.db";

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Options {
    /// Into how many shards a new store is divided, at least 1; a store that exists keeps its own number.
    pub shards: u16,
    /// How the index reads events.
    pub reader: EventReader,
    /// The most pages (of 4 KiB) that `journal.db` may have; `None` for as many as the disk holds. With it a full disk
    /// can be tried out.
    pub journal_pages_max: Option<u32>,
}

impl Options {
    /// The usual: 16 shards, as much as the disk holds.
    pub fn new(reader: EventReader) -> Self {
        Self { shards: 16, reader, journal_pages_max: None }
    }
}

/// A store in a folder, with its indexer running.
///
/// The handles that it gives out keep the folder locked, also after the store itself is dropped, which ends the indexer.
pub struct SqliteStore {
    // First, so that the indexer is gone before what it works on.
    indexer: Background,
    index: Arc<SqliteIndex>,
    journal: Arc<SqliteJournal>,
}

impl SqliteStore {
    /// Opens the store in `folder`; makes folder and store if there is none.
    pub fn open(folder: &Path, options: &Options) -> Result<Self, JournalError> {
        fs::create_dir_all(folder).in_file(folder)?;
        let lock = FolderLock::acquire(folder)?;
        let journal = Arc::new(SqliteJournal::open(folder, lock, options)?);
        let index = Arc::new(SqliteIndex::open(folder, &journal)?);
        let indexer = indexer::start(&index, &journal, options.reader)?;
        Ok(Self { indexer, index, journal })
    }

    /// The truth.
    pub fn journal(&self) -> Arc<dyn Journal> {
        self.journal.clone()
    }

    /// The index over it.
    pub fn index(&self) -> Arc<dyn StreamIndex> {
        self.index.clone()
    }

    /// The index, for whoever holds it against the journal.
    pub fn inspected_index(&self) -> Arc<dyn IndexInspection> {
        self.index.clone()
    }

    /// What tells this store from every other.
    pub fn store_id(&self) -> &[u8] {
        self.journal.store_id()
    }

    /// Where `journal.db` lies, for read models that join the erasable tables `persons` and `licensee_details`; they
    /// must open it read-only.
    pub fn journal_path(&self) -> &Path {
        self.journal.path()
    }

    /// Removes the last traces of erased details from the files, at once instead of when there is time for it.
    ///
    /// Gives false when a reader stood in the way; then it is tried again when there is time.
    pub fn finish_erasures(&self) -> Result<bool, JournalError> {
        self.journal.finish_erasures()
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.indexer.stop();
        if let Err(error) = self.journal.finish_erasures() {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "traces of erased details stay in journal.db until the next start"
            );
        }
    }
}
