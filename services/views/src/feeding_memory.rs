//! Feeding the memory by itself, where the tables are fed by somebody else or at another pace.

use std::{sync::Arc, time::Duration};

use journal::{Head, Progress, StoredCommit};
use licensing::Catalogue;
use parking_lot::RwLock;

use crate::{ViewsError, fold::fold, follower::Fed, memory::Memory};

/// How long to wait at most for commits that wake the follower themselves.
const IDLE_WAIT: Duration = Duration::from_secs(1);

/// The memory, as it is fed.
pub(crate) struct MemoryAlone {
    pub(crate) memory: Arc<RwLock<Memory>>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) progress: Arc<Progress<ViewsError>>,
}

impl Fed for MemoryAlone {
    fn fed(&mut self) -> Result<Vec<Head>, ViewsError> {
        Ok(self.progress.heads())
    }

    fn feed(&mut self, commits: &[StoredCommit]) -> Result<(), ViewsError> {
        let changes = fold(commits, &*self.memory, &self.catalogue)?;
        self.memory.write().apply(changes);
        self.progress.advance(commits.iter().map(StoredCommit::head));
        Ok(())
    }

    fn idle_wait(&self) -> Duration {
        IDLE_WAIT
    }

    fn rest(&self) -> Duration {
        // Nothing is saved by doing more at one go.
        Duration::ZERO
    }

    fn progress(&self) -> &Progress<ViewsError> {
        &self.progress
    }
}
