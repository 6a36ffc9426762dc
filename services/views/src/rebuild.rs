//! Making the views anew beside those that live, and putting them in their place.

use std::{ops::ControlFlow, path::Path, sync::Arc};

use journal::{Journal, postgres::Pool};
use licensing::Catalogue;
use serde::{Deserialize, Serialize};

use crate::{Views, ViewsError, postgres, sqlite};

/// How far the new views are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildProgress {
    /// What is being done.
    pub phase: RebuildPhase,
    /// Records of the journal that are in them.
    pub records: u64,
    /// Records of the journal.
    pub of: u64,
}

/// What a rebuild does, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RebuildPhase {
    /// The new views are filled from the journal.
    Filling,
    /// Old and new ones are compared.
    Comparing,
    /// The new ones take the place of the old ones.
    Swapping,
}

/// Is told how far the new views are, and says whether to go on; a break leaves the old ones as they are.
pub type Watcher<'a> = dyn FnMut(RebuildProgress) -> ControlFlow<()> + 'a;

/// New views that are in their place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// Every table, as it was made.
    pub tables: Vec<TableSum>,
    /// The first table that was different before; `None` if none was, or nothing can be said about it.
    pub difference: Option<TableDifference>,
    /// Why the old views could not be compared; `None` if they were.
    pub not_compared: Option<String>,
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// Stands for what is in them; the same on the same kind and version of store only.
    pub checksum: String,
}

/// A table that was not what the journal gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDifference {
    /// What the journal gives.
    pub expected: TableSum,
    /// What was there.
    pub found: TableSum,
}

/// Makes the views of a running process anew.
pub(crate) trait Rebuild: Send + Sync {
    /// Makes them anew and puts them in the place of those that live; see [`Views::rebuild_in_place`].
    fn rebuild(&self, watcher: &mut Watcher<'_>) -> Result<Rebuilt, ViewsError>;
}

impl Views {
    /// Makes these views anew beside those that live, compares both, and puts the new ones in their place; meanwhile they are
    /// read and fed as ever. Blocks. Whatever interrupts it: the old ones stay as they were, or the new ones are there as a
    /// whole.
    ///
    /// # Errors
    /// [`ViewsError::Aborted`] if `watcher` breaks, [`ViewsError::RebuildUnderWay`], [`ViewsError::FollowerFailed`] once
    /// feeding failed, or when whatever keeps them or the journal refuse; then the old ones are as they were.
    pub fn rebuild_in_place(&self, watcher: &mut Watcher<'_>) -> Result<Rebuilt, ViewsError> {
        self.tables()?;
        self.rebuild.rebuild(watcher)
    }

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
pub(crate) fn tell(watcher: &mut Watcher<'_>, progress: RebuildProgress) -> Result<(), ViewsError> {
    match watcher(progress) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ViewsError::Aborted),
    }
}
