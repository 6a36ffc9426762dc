//! Making the views anew beside those that live, and putting them in their place.

use std::{ops::ControlFlow, path::Path, sync::Arc};

use journal::{Journal, postgres::Pool};
use licensing::Catalogue;
use serde::Serialize;

use crate::{Views, ViewsError, postgres, sqlite};

/// How far the new views are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildProgress {
    /// Records of the journal that are in them.
    pub records: u64,
    /// Records of the journal.
    pub of: u64,
}

/// Is told how far the new views are, and says whether to go on; a break leaves the old ones as they are.
pub type Watcher<'a> = dyn FnMut(RebuildProgress) -> ControlFlow<()> + 'a;

/// New views that are in their place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Every table, as it is now.
    pub tables: Vec<TableSum>,
    /// The first table that was different before; `None` if none was, or nothing can be said about it.
    pub difference: Option<TableDifference>,
    /// Why the old views could not be compared; `None` if they were.
    pub not_compared: Option<String>,
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableSum {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// Stands for what is in them; the same on the same kind of store only.
    pub checksum: String,
}

/// A table that was not what the journal gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableDifference {
    /// What the journal gives.
    pub expected: TableSum,
    /// What was there.
    pub found: TableSum,
}

impl Views {
    /// Makes `views.db` in `folder` anew and puts it in the place of the old one, once both were compared. Nobody may have
    /// the views open. Whatever interrupts it: the old ones stay as they were, or the new ones are there as a whole.
    ///
    /// # Errors
    /// [`ViewsError::Aborted`] if `watcher` breaks, or when the file system, SQLite or the journal refuse.
    pub fn rebuild(
        folder: &Path,
        journal: &Arc<dyn Journal>,
        journal_path: &Path,
        catalogue: &Arc<Catalogue>,
        watcher: &mut Watcher<'_>,
    ) -> Result<Rebuilt, ViewsError> {
        sqlite::rebuild(folder, journal, journal_path, catalogue, watcher)
    }

    /// Makes the schema `usher_views` anew and puts it in the place of the old one, in one transaction, once both were
    /// compared. Processes that have the views open read the old ones until then, and go along with the new ones.
    ///
    /// # Errors
    /// [`ViewsError::Aborted`] if `watcher` breaks, [`ViewsError::RebuildUnderWay`], or when the database or the journal
    /// refuse; then the old ones are as they were.
    pub fn rebuild_postgres(
        pool: Arc<Pool>,
        store_id: &[u8],
        journal: &Arc<dyn Journal>,
        catalogue: &Arc<Catalogue>,
        watcher: &mut Watcher<'_>,
    ) -> Result<Rebuilt, ViewsError> {
        postgres::rebuild(pool, store_id, &**journal, catalogue, watcher)
    }
}

/// The first table that differs; both have the same tables in the same order.
pub(crate) fn first_difference(found: &[TableSum], expected: &[TableSum]) -> Option<TableDifference> {
    let pair = found.iter().zip(expected).find(|(found, expected)| found != expected);
    pair.map(|(found, expected)| TableDifference { expected: expected.clone(), found: found.clone() })
}

/// Tells how far it is; fails when it is to end.
pub(crate) fn tell(watcher: &mut Watcher<'_>, records: u64, of: u64) -> Result<(), ViewsError> {
    match watcher(RebuildProgress { records, of }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ViewsError::Aborted),
    }
}
