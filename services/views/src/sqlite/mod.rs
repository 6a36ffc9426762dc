//! The views in a file of SQLite's, for a store of one process.

mod anew;
mod connection;
mod drain;
mod failure;
mod filling;
mod in_place;
mod licensees;
mod live;
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
mod sums;
mod text_search;
mod timers;
mod totals;
mod users;
mod value;
mod workshop;
mod write;

use std::{path::Path, sync::Arc};

use journal::Journal;
use licensing::Catalogue;

use self::{
    in_place::Rebuilder,
    live::{Live, LiveFeed},
    open::Opened,
    ordered_lists::OrderedLists,
    read::SqliteTables,
};
use crate::{ViewsError, follower, parts::Parts, source::FromJournal};

pub(crate) use rebuild::rebuild;

const VIEWS_FILE: &str = "views.db";

/// Opens the views in a folder and starts to feed them.
pub(crate) fn open(
    folder: &Path,
    journal: Arc<dyn Journal>,
    journal_path: &Path,
    catalogue: &Arc<Catalogue>,
) -> Result<Parts, ViewsError> {
    workshop::remove_remains(folder)?;
    let file = folder.join(VIEWS_FILE);
    let store_id = open::store_id(journal_path)?;
    let Opened { writer, memory, marks } = open::open_or_renew(&file, &*journal, &store_id, catalogue)?;
    let heads = marks.into_iter().map(|mark| mark.head).collect();
    let live = Live::new((file, writer), journal_path.to_owned(), memory, catalogue.clone(), heads);
    let live = Arc::new(live);
    let (memory, memory_progress) = (live.memory.clone(), live.progress.clone());
    let rebuilder = Rebuilder::new(folder, store_id, live.clone(), journal.clone());
    let tables = SqliteTables { live: live.clone(), lists: OrderedLists::default() };
    let drain = drain::start(live.clone())?;
    let follower = follower::start("views", Arc::new(FromJournal(journal)), LiveFeed(live))?;
    Ok(Parts {
        tables: Box::new(tables),
        rebuild: Box::new(rebuilder),
        followers: vec![follower, drain],
        memory,
        memory_progress,
    })
}
