//! The views in the schema `usher_views` of a PostgreSQL database, for a store of several processes.
//!
//! Whichever process is to keep a shard's rows writes them; every process reads them, and follows the whole journal for
//! its own picture in memory. Nothing here depends on a session: each transaction may run on another connection of a
//! pooler's.

mod accounts;
mod calls;
mod database;
mod growing;
mod licensees;
mod load;
mod marks;
mod members;
mod orders;
mod reached;
mod read;
mod rebuild;
mod refusals;
mod schema;
mod seats;
mod timers;
mod totals;
mod users;
mod value;
mod write;

use std::sync::Arc;

use ::journal::{Journal, Progress, postgres::Pool};
use licensing::Catalogue;
use parking_lot::RwLock;

use self::{
    database::Database, load::Loaded, reached::Reached, read::PostgresTables, rebuild::Rebuilder, write::FedTables,
};
pub(crate) use rebuild::rebuild;

use crate::{
    Feeds, ViewsError,
    feeding_memory::MemoryAlone,
    follower,
    marks::contradiction,
    members::OrderNames,
    parts::Parts,
    source::{FromJournal, Source},
};

/// Sees to it that there are tables of the present format.
pub(crate) fn prepare(pool: Arc<Pool>, store_id: &[u8], shards: u16) -> Result<(), ViewsError> {
    schema::prepare(&Database::new(pool), store_id, shards)
}

/// Opens the views in the journal's database and starts to feed them.
pub(crate) fn open(
    pool: Arc<Pool>,
    store_id: &[u8],
    journal: Arc<dyn Journal>,
    catalogue: &Arc<Catalogue>,
    feeds: Feeds,
) -> Result<Parts, ViewsError> {
    let rebuilder = Rebuilder {
        pool: pool.clone(),
        store_id: store_id.to_vec(),
        journal: journal.clone(),
        catalogue: catalogue.clone(),
    };
    let database = Database::new(pool);
    let Loaded { marks, memory } = load_or_renew(&database, store_id, &*journal)?;
    let memory = Arc::new(RwLock::new(memory));
    let memory_progress = Arc::new(Progress::new(marks.heads()));
    let reached = Arc::new(Reached::new(database.clone(), feeds.clone(), &marks));
    let source: Arc<dyn Source> = Arc::new(FromJournal(journal));
    let alone = MemoryAlone { memory: memory.clone(), catalogue: catalogue.clone(), progress: memory_progress.clone() };
    let mut tables = FedTables::new(database.clone(), catalogue.clone(), feeds, reached.clone());
    // Whoever reads right after this must not meet what another catalogue said.
    tables.follow_feeds()?;
    let followers =
        vec![follower::start("views-memory", source.clone(), alone)?, follower::start("views", source, tables)?];
    let tables = PostgresTables { database, reached, order_names: OrderNames::default() };
    Ok(Parts { tables: Box::new(tables), rebuild: Box::new(rebuilder), followers, memory, memory_progress })
}

/// Loads the tables if they belong to this journal and are not ahead of it; starts with empty ones otherwise.
fn load_or_renew(database: &Database, store_id: &[u8], journal: &dyn Journal) -> Result<Loaded, ViewsError> {
    let shards = journal.shard_count();
    schema::prepare(database, store_id, shards)?;
    rebuild::drop_old(database);
    match load_checked(database, journal) {
        Err(ViewsError::TablesUnreadable { detail }) => {
            tracing::info!(reason = detail, "rebuilding the views");
            schema::renew(database, store_id, shards)?;
            load::load(database)
        }
        outcome => outcome,
    }
}

fn load_checked(database: &Database, journal: &dyn Journal) -> Result<Loaded, ViewsError> {
    let loaded = load::load(database)?;
    let marks: Vec<_> = loaded.marks.shards.iter().map(|shard| shard.mark).collect();
    match contradiction(&marks, journal)? {
        Some(detail) => Err(ViewsError::TablesUnreadable { detail }),
        None => Ok(loaded),
    }
}
