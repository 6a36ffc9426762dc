//! The views in a file of SQLite's, for a store of one process.

mod connection;
mod failure;
mod licensees;
mod marks;
mod members;
mod open;
mod ordered_lists;
mod pool;
mod read;
mod rebuild;
mod refusals;
mod schema;
mod seats;
mod text_search;
mod timers;
mod totals;
mod users;
mod value;
mod write;

use std::{path::Path, sync::Arc};

use journal::{Journal, Progress};
use licensing::Catalogue;
use parking_lot::RwLock;

use self::{open::Opened, ordered_lists::OrderedLists, read::SqliteTables, write::TablesAndMemory};
use crate::{ViewsError, follower, source::FromJournal, views::Parts};

pub(crate) use rebuild::rebuild;

const VIEWS_FILE: &str = "views.db";

/// Opens the views in a folder and starts to feed them.
pub(crate) fn open(
    folder: &Path,
    journal: Arc<dyn Journal>,
    journal_path: &Path,
    catalogue: &Arc<Catalogue>,
) -> Result<Parts, ViewsError> {
    rebuild::remove_remains(folder)?;
    let file = folder.join(VIEWS_FILE);
    let store_id = open::store_id(journal_path)?;
    let Opened { writer, memory, marks } = open::open_or_renew(&file, &*journal, &store_id, catalogue)?;
    let progress = Arc::new(Progress::new(marks.into_iter().map(|mark| mark.head).collect()));
    let memory = Arc::new(RwLock::new(memory));
    let readers = pool::of(&file, journal_path);
    let tables = SqliteTables { readers, progress: progress.clone(), lists: OrderedLists::default() };
    let fed = TablesAndMemory {
        writer,
        file,
        memory: memory.clone(),
        catalogue: catalogue.clone(),
        progress: progress.clone(),
    };
    let follower = follower::start("views", Arc::new(FromJournal(journal)), fed)?;
    Ok(Parts { tables: Box::new(tables), memory, memory_progress: progress, followers: vec![follower] })
}
