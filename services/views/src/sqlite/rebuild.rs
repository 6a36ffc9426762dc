//! Making `views.db` anew while nobody else has it open, and moving it into the place of the old one.

use std::{path::Path, sync::Arc, time::Duration};

use journal::{Journal, Positions, with_causes};
use licensing::Catalogue;

use super::{
    VIEWS_FILE,
    anew::Anew,
    connection,
    failure::{InFile, damaged},
    in_place::Compared,
    open, sums,
    workshop::{self, Workshop},
};
use crate::{
    Rebuilt, TableSum, ViewsError,
    rebuild::{RebuildPhase, RebuildProgress, Watcher, tell},
};

/// How often it is told how far the old file is.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often there may be no step forward.
const STANDSTILL_LOOKS_MAX: u32 = 600;

/// Makes the views anew and puts them in the place of the old ones.
pub(crate) fn rebuild(
    folder: &Path,
    journal: &Arc<dyn Journal>,
    journal_path: &Path,
    catalogue: &Arc<Catalogue>,
    watcher: &mut Watcher<'_>,
) -> Result<Rebuilt, ViewsError> {
    Making { folder, journal, journal_path, catalogue }.rebuild(watcher)
}

struct Making<'a> {
    folder: &'a Path,
    journal: &'a Arc<dyn Journal>,
    journal_path: &'a Path,
    catalogue: &'a Arc<Catalogue>,
}

impl Making<'_> {
    fn rebuild(&self, watcher: &mut Watcher<'_>) -> Result<Rebuilt, ViewsError> {
        // What is missing in the old ones only because nobody looked is no difference.
        let caught_up = match self.catch_up(watcher) {
            Ok(()) => Ok(()),
            Err(ViewsError::Aborted) => return Err(ViewsError::Aborted),
            Err(error) => Err(with_causes(&error)),
        };
        let workshop = Workshop::make(self.folder)?;
        let store_id = open::store_id(self.journal_path)?;
        let mut new = Anew::make(&workshop, &**self.journal, &store_id, self.catalogue)?;
        new.feed_to(&self.journal.heads()?, watcher)?;
        new.phase = RebuildPhase::Comparing;
        let after = new.sums(watcher)?;
        let old = self.folder.join(VIEWS_FILE);
        let before = match caught_up {
            Ok(()) => Ok(self.sums_without_wal(&old, &new, watcher)?),
            Err(reason) => Err(reason),
        };
        workshop::replace(&old, &new.close()?.file)?;
        Ok(Compared { before, after }.into())
    }

    /// Opens the old views and waits until everything is in them.
    fn catch_up(&self, watcher: &mut Watcher<'_>) -> Result<(), ViewsError> {
        let journal = self.journal.clone();
        let old = super::open(self.folder, journal, self.journal_path, self.catalogue)?;
        let heads = self.journal.heads()?;
        let of = heads.iter().map(|head| head.position).sum();
        let wanted: Positions = heads.into_iter().collect();
        let (mut reached, mut looks) = (old.tables.positions(), 0);
        while !old.tables.wait_for(&wanted, LOOK_EVERY)? {
            let now = old.tables.positions();
            tell(watcher, RebuildProgress { phase: RebuildPhase::Filling, records: records(&now), of })?;
            looks = if now == reached { looks + 1 } else { 0 };
            if looks > STANDSTILL_LOOKS_MAX {
                return Err(damaged(&self.folder.join(VIEWS_FILE), "it takes in nothing more"));
            }
            reached = now;
        }
        Ok(())
    }

    /// What every table of the old file holds; also brings it into one piece, without a WAL.
    fn sums_without_wal(
        &self,
        file: &Path,
        new: &Anew<'_>,
        watcher: &mut Watcher<'_>,
    ) -> Result<Vec<TableSum>, ViewsError> {
        let connection = connection::open(file).in_file(file)?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).in_file(file)?;
        sums::sums(file, &connection, &mut || tell(watcher, new.progress(0)))
    }
}

fn records(positions: &Positions) -> u64 {
    positions.iter().map(|position| position.position).sum()
}
