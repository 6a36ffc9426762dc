//! Feeding tables and memory at one go: both are always at the same commit.

use std::{path::PathBuf, sync::Arc, time::Duration};

use journal::{Head, Progress, StoredCommit};
use licensing::Catalogue;
use parking_lot::RwLock;
use rusqlite::Connection;

use super::{failure::InFile, licensees, marks, members, refusals, seats, timers, totals, users};
use crate::{ViewsError, changes::Changes, fold::fold, follower::Fed, marks::Mark, memory::Memory};

/// How long to wait at most for commits that wake the follower themselves.
const IDLE_WAIT: Duration = Duration::from_secs(3600);

/// The tables and the memory, as they are fed.
pub(super) struct TablesAndMemory {
    pub(super) writer: Connection,
    pub(super) file: PathBuf,
    pub(super) memory: Arc<RwLock<Memory>>,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) progress: Arc<Progress<ViewsError>>,
}

impl Fed for TablesAndMemory {
    fn fed(&mut self) -> Result<Vec<Head>, ViewsError> {
        Ok(self.progress.heads())
    }

    fn feed(&mut self, commits: &[StoredCommit]) -> Result<(), ViewsError> {
        let changes = fold(commits, &*self.memory, &self.catalogue)?;
        self.write(commits, &changes).in_file(&self.file)?;
        self.memory.write().apply(changes);
        // Last: whoever waits for a position finds it in the tables and in memory.
        self.progress.advance(commits.iter().map(StoredCommit::head));
        Ok(())
    }

    fn idle_wait(&self) -> Duration {
        IDLE_WAIT
    }

    fn progress(&self) -> &Progress<ViewsError> {
        &self.progress
    }
}

impl TablesAndMemory {
    fn write(&mut self, commits: &[StoredCommit], changes: &Changes) -> rusqlite::Result<()> {
        let transaction = self.writer.transaction()?;
        apply(&transaction, changes)?;
        commits.iter().try_for_each(|commit| marks::put(&transaction, &Mark::of(commit)))?;
        transaction.commit()
    }
}

fn apply(connection: &Connection, changes: &Changes) -> rusqlite::Result<()> {
    for (licensee, touched) in &changes.licensees {
        licensees::put(connection, licensee, touched)?;
        if let Some(timers) = &touched.timers {
            timers::put(connection, licensee, timers)?;
        }
    }
    for ((licensee, user), change) in &changes.members {
        members::change(connection, licensee, user, change)?;
    }
    changes.seats.iter().try_for_each(|(key, seat)| seats::change(connection, key, seat.as_ref()))?;
    changes.users.iter().try_for_each(|(user, status)| users::name(connection, user, *status))?;
    changes.uses.iter().try_for_each(|(user, at)| users::use_at(connection, user, *at))?;
    changes.refusals.iter().try_for_each(|(position, command)| refusals::put(connection, *position, command))?;
    changes.differences.values().try_for_each(|difference| totals::add(connection, difference))
}
