//! Making `views.db` anew while it is read and fed (ADR 12).
//!
//! The new file is filled beside the old one. Both are compared at the same commits: the old one as one transaction sees it,
//! so that it is fed meanwhile. For the swap whoever feeds it is held, the last commits are taken over, and once no read
//! runs the files change places.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use journal::{Head, Journal, with_causes};
use parking_lot::Mutex;
use rusqlite::Connection;

use super::{anew::Anew, connection, failure::InFile, live::Live, marks, sums, workshop::Workshop};
use crate::{
    Rebuilt, TableSum, ViewsError,
    rebuild::{Rebuild, RebuildPhase, Watcher, first_difference, tell},
};

/// How often it is tried to find a moment in which nobody reads.
const SWAPS_MAX: u32 = 60;
/// And how long everybody is left in peace in between.
const SWAP_PAUSE: Duration = Duration::from_millis(300);

/// What it takes to make the views of a running process anew.
pub(super) struct Rebuilder {
    folder: PathBuf,
    store_id: Vec<u8>,
    live: Arc<Live>,
    journal: Arc<dyn Journal>,
    /// Held by whoever rebuilds.
    turn: Mutex<()>,
}

/// What came of comparing the old file with the new one.
pub(super) struct Compared {
    /// The old one's tables, or why they cannot be read.
    pub(super) before: Result<Vec<TableSum>, String>,
    pub(super) after: Vec<TableSum>,
}

impl Rebuilder {
    pub(super) fn new(folder: &Path, store_id: Vec<u8>, live: Arc<Live>, journal: Arc<dyn Journal>) -> Self {
        Self { folder: folder.to_owned(), store_id, live, journal, turn: Mutex::default() }
    }

    fn compare(&self, new: &mut Anew<'_>, watcher: &mut Watcher<'_>) -> Result<Compared, ViewsError> {
        let file = &self.live.file;
        let before = match Snapshot::take(file) {
            Ok(old) => {
                new.feed_to(&self.existing(&old.heads)?, watcher)?;
                new.phase = RebuildPhase::Comparing;
                sums::sums(file, &old.connection, &mut || tell(watcher, new.progress(0)))
            }
            Err(error) => Err(error),
        };
        let before = match before {
            Ok(sums) => Ok(sums),
            Err(error @ ViewsError::Unreadable { .. }) => Err(with_causes(&error)),
            Err(error) => return Err(error),
        };
        Ok(Compared { before, after: new.sums(watcher)? })
    }

    /// These ends, as far as the journal has them: who knows what was written to the old file.
    fn existing(&self, ends: &[Head]) -> Result<Vec<Head>, ViewsError> {
        let there = self.journal.heads()?;
        let earlier = |(end, there): (&Head, Head)| if end.commit_number < there.commit_number { *end } else { there };
        Ok(ends.iter().zip(there).map(earlier).collect())
    }

    fn swap(&self, mut new: Anew<'_>, watcher: &mut Watcher<'_>) -> Result<(), ViewsError> {
        new.phase = RebuildPhase::Swapping;
        for _ in 0..SWAPS_MAX {
            // Most of it while nobody has to wait.
            new.feed_to(&self.live.progress.heads(), watcher)?;
            new.settle()?;
            self.live.drain_wal()?;
            let still = self.live.hold();
            new.feed_to(&still.heads(), &mut |_| ControlFlow::Continue(()))?;
            let Some(given_back) = still.replace_by(new)? else { return Ok(()) };
            new = given_back;
            thread::sleep(SWAP_PAUSE);
        }
        Err(ViewsError::Occupied { file: self.live.file.clone() })
    }
}

impl Rebuild for Rebuilder {
    fn rebuild(&self, watcher: &mut Watcher<'_>) -> Result<Rebuilt, ViewsError> {
        let _turn = self.turn.try_lock().ok_or(ViewsError::RebuildUnderWay)?;
        let workshop = Workshop::make(&self.folder)?;
        let mut new = Anew::make(&workshop, &*self.journal, &self.store_id, &self.live.catalogue)?;
        new.feed_to(&self.live.progress.heads(), watcher)?;
        let compared = self.compare(&mut new, watcher)?;
        self.swap(new, watcher)?;
        Ok(compared.into())
    }
}

impl From<Compared> for Rebuilt {
    fn from(Compared { before, after: tables }: Compared) -> Self {
        match before {
            Ok(before) => Self { difference: first_difference(&before, &tables), tables, not_compared: None },
            Err(reason) => Self { tables, difference: None, not_compared: Some(reason) },
        }
    }
}

/// A file as it is at one moment.
struct Snapshot {
    connection: Connection,
    heads: Vec<Head>,
}

impl Snapshot {
    fn take(file: &Path) -> Result<Self, ViewsError> {
        let connection = connection::open_read_only(file).in_file(file)?;
        connection.execute_batch("BEGIN").in_file(file)?;
        // The moment is that of the first read.
        let marks = marks::all(&connection).in_file(file)?;
        Ok(Self { connection, heads: marks.into_iter().map(|mark| mark.head).collect() })
    }
}
