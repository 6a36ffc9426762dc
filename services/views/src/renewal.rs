//! Making the views anew beside those that live, and putting them in their place.

use std::{path::Path, sync::Arc};

use journal::{Journal, postgres::Pool};
use licensing::Catalogue;

use crate::{Rebuilt, Views, ViewsError, Watcher, postgres, sqlite};

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
