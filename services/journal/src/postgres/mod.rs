//! The store of several processes: one PostgreSQL database (15 or later).
//!
//! | schema | is |
//! | --- | --- |
//! | `usher` | the only truth, the erasable details, and what its writers share: statuses, news, leases |
//! | `usher_index` | derived from it, rebuilt at any doubt |
//!
//! A batch is written by one statement, which names the epoch of each shard's lease and the expected commit number:
//! whoever lost a lease writes nothing. When the connection is lost meanwhile, what became of the batch is found out
//! before anybody is answered. Nothing outlives a transaction on a connection, so a transaction pooler may stand in
//! between.

mod append;
mod details;
mod ends;
mod erasure;
mod failure;
mod fresh;
mod index;
mod journal;
mod leases;
mod patience;
mod poller;
mod pool;
mod schema;
mod statement;
mod tls;
mod url;
mod users;
pub mod value;

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use uuid::Uuid;

pub use failure::Failure;
pub use pool::Pool;
pub use schema::{Migrated, MigratedSchema};
pub use url::{DatabaseUrl, InvalidDatabaseUrl};

use self::journal::PostgresJournal;
use crate::{
    Background, Duty, EventReader, Held, IndexInspection, Journal, JournalError, Leases, Node, NodeId, SharedUsers,
    StreamIndex, Task,
};
use index::{PostgresIndex, indexer};
use leases::PostgresLeases;
use schema::Meta;
use users::PostgresUsers;

/// Connections besides those for reading: for the indexer, the poller and the leases, which must not wait for readers.
const BACKGROUND_CONNECTIONS: usize = 4;
/// For how long [`PostgresStore::hold_all`] holds everything, unless the store is dropped before.
const HOLD_ALL_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Options {
    /// Into how many shards a new store is divided, 1 to 1,024; a store that exists keeps its own number.
    pub shards: u16,
    /// How many shards a store that exists has to have; `None` if any number will do.
    pub expect_shards: Option<u16>,
    /// How the index reads events.
    pub reader: EventReader,
    /// How many connections there are for reading at most, at least 1; five more serve writing and the background.
    pub connections_max: usize,
}

impl Options {
    /// The usual: 16 shards, 16 connections for reading.
    pub fn new(reader: EventReader) -> Self {
        Self { shards: 16, expect_shards: None, reader, connections_max: 16 }
    }
}

/// A store in a database, with the indexer running, and the poller that notices what other processes do.
///
/// The handles that it gives out go on working after the store itself is dropped; the index then is no longer filled,
/// and what others do is no longer noticed.
pub struct PostgresStore {
    // First, so that the threads are gone before what they work on.
    indexer: Background,
    poller: Background,
    index: Arc<PostgresIndex>,
    journal: Arc<PostgresJournal>,
    users: Arc<PostgresUsers>,
    leases: Arc<PostgresLeases>,
    held: Held,
    readers: Arc<Pool>,
    background: Arc<Pool>,
    meta: Meta,
    holder_of_all: Mutex<Option<NodeId>>,
}

impl PostgresStore {
    /// Whether there is a store in the database; makes none.
    ///
    /// # Errors
    /// [`JournalError::Database`] for a server that can't be reached, refuses, or can't hold a store.
    pub fn is_in(url: &DatabaseUrl) -> Result<bool, JournalError> {
        let pool = Pool::new(url, 1)?;
        pool.read(|transaction| schema::is_there(transaction, pool.server()))
    }

    /// Makes the store if there is none, and brings it to the newest format; changes nothing if it has it already.
    ///
    /// # Errors
    /// [`JournalError::Database`] for a server older than 15, missing rights or another number of shards than expected,
    /// [`JournalError::NewerFormat`] for a store of a newer program.
    pub fn migrate(url: &DatabaseUrl, options: &Options) -> Result<Migrated, JournalError> {
        migrate(&Pool::new(url, 1)?, options).map(|(migrated, _)| migrated)
    }

    /// Opens the store, after [`migrate`](Self::migrate); holds no shard yet.
    ///
    /// # Errors
    /// As [`migrate`](Self::migrate), and [`JournalError::Corrupt`] for a store that is damaged.
    pub fn open(url: &DatabaseUrl, options: &Options) -> Result<Self, JournalError> {
        let background = Arc::new(Pool::new(url, BACKGROUND_CONNECTIONS)?);
        let (_, meta) = migrate(&background, options)?;
        let readers = Arc::new(background.another(options.connections_max));
        let held = Held::default();
        let writer = background.another(1);
        let journal = Arc::new(PostgresJournal::open(readers.clone(), writer, held.clone(), meta.shards)?);
        let index = Arc::new(PostgresIndex::open(readers.clone(), journal.clone(), held.clone(), &meta)?);
        let indexer = indexer::start(&background, &index, &journal, options.reader)?;
        let poller = poller::start(background.clone(), journal.clone(), index.clone(), held.clone())?;
        Ok(Self {
            indexer,
            poller,
            index,
            journal,
            users: Arc::new(PostgresUsers::new(readers.clone())),
            leases: Arc::new(PostgresLeases::new(background.clone())),
            held,
            readers,
            background,
            meta,
            holder_of_all: Mutex::new(None),
        })
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

    /// What its writers tell each other about users.
    pub fn users(&self) -> Arc<dyn SharedUsers> {
        self.users.clone()
    }

    /// Who does what.
    pub fn leases(&self) -> Arc<dyn Leases> {
        self.leases.clone()
    }

    /// The shards that this process may write, as it believes: whoever takes and loses leases keeps it up to date.
    pub fn held(&self) -> Held {
        self.held.clone()
    }

    /// Connections for reading, and for what else is kept in the same database.
    pub fn pool(&self) -> Arc<Pool> {
        self.readers.clone()
    }

    /// What tells this store from every other.
    pub fn store_id(&self) -> &[u8] {
        &self.meta.store_id
    }

    /// By this the nodes of the store know each other: 64 hexadecimal digits, made with the store. Never to be shown.
    pub fn node_secret(&self) -> &str {
        &self.meta.node_secret
    }

    /// Takes every shard for this process until the store is dropped, for programs that are alone on a store.
    ///
    /// # Errors
    /// [`JournalError::NotHeld`] when another process that is alive holds a shard.
    pub fn hold_all(&self) -> Result<(), JournalError> {
        let id = NodeId(Uuid::now_v7());
        let node = Node { id, address: String::new(), duties: vec![Duty::Write] };
        let roster = self.leases.renew(&node, HOLD_ALL_FOR)?;
        *self.holder_of_all.lock() = Some(id);
        for lease in roster.leases.iter().filter(|lease| lease.task.duty == Duty::Write) {
            let Task { shard, .. } = lease.task;
            let taken = self.leases.take(id, lease.task, lease.epoch)?;
            self.held.take(shard, taken.ok_or(JournalError::NotHeld { shard })?);
        }
        // The indexer has something to do now.
        self.journal.wake();
        Ok(())
    }

    /// Clears away what is left of erased details, at once instead of when there is time for it; false if only
    /// autovacuum may do so, or if a transaction that still sees them goes on for longer than ten seconds. What stays even
    /// then: free space within pages, the write-ahead log, and every backup.
    ///
    /// # Errors
    /// What the server says.
    pub fn finish_erasures(&self) -> Result<bool, JournalError> {
        erasure::finish(&self.background)
    }

    /// Clears away everything that was ever erased, from free space within pages too: both tables are written anew, and
    /// whoever reads or writes names waits meanwhile. False if the user that we are may not, or if a transaction that still
    /// sees them goes on for longer than ten seconds.
    ///
    /// # Errors
    /// What the server says.
    pub fn rewrite_erased(&self) -> Result<bool, JournalError> {
        erasure::rewrite(&self.background)
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.indexer.stop();
        self.poller.stop();
        let Some(node) = self.holder_of_all.lock().take() else { return };
        if let Err(error) = self.leases.leave(node) {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the shards of this process stay taken for a day");
        }
    }
}

fn migrate(pool: &Pool, options: &Options) -> Result<(Migrated, Meta), JournalError> {
    pool.write(|transaction| {
        let (migrated, meta) = schema::migrate(transaction, pool.server(), options.shards)?;
        match options.expect_shards {
            // Within the transaction: a store that would not do is not made either.
            Some(expected) if expected != meta.shards => {
                let remedy = format!("the store has {} shards: set their number to that, or leave it out", meta.shards);
                let found = format!("{expected} shards were expected");
                Err(Failure::from(failure::refused(pool.server(), remedy, found)))
            }
            _ => Ok((migrated, meta)),
        }
    })
}
