//! The port to the truth, with what was appended on top.

use licensing::Instant;

use super::Layers;
use crate::{Batch, Head, Journal, JournalError, LicenseeDetails, Person, StatusReason, StoredCommit, Watch};

impl Layers {
    pub(super) fn check_shard(&self, shard: u16) -> Result<(), JournalError> {
        let shards = self.shard_count();
        if shard < shards { Ok(()) } else { Err(JournalError::UnknownShard { shard, shards }) }
    }
}

impl Journal for Layers {
    fn shard_count(&self) -> u16 {
        self.base.journal.shard_count()
    }

    fn heads(&self) -> Result<Vec<Head>, JournalError> {
        Ok(self.memory.read().heads.clone())
    }

    fn clock(&self) -> Result<Option<Instant>, JournalError> {
        Ok(self.memory.read().clock)
    }

    fn append(&self, batch: &Batch) -> Result<(), JournalError> {
        self.memory.write().append(batch, &self.options)?;
        self.watch.notify();
        Ok(())
    }

    fn read(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Result<Vec<StoredCommit>, JournalError> {
        self.check_shard(shard)?;
        let mut commits = self.base.read(shard, after_commit, max_bytes)?;
        let reached = commits.last().map_or(after_commit, |last| last.number);
        if reached < self.base.last_commit(shard) {
            return Ok(commits);
        }
        let bytes = commits.iter().map(|commit| commit.block.len()).sum();
        let bytes_left = max_bytes.saturating_sub(bytes);
        let wants_one = commits.is_empty();
        commits.extend(self.memory.read().read(shard, reached, bytes_left, wants_one));
        Ok(commits)
    }

    fn watch(&self) -> Watch {
        self.watch.clone()
    }

    fn person(&self, user: &str) -> Result<Option<Person>, JournalError> {
        Ok(self.persons(&[user])?.into_iter().next().flatten())
    }

    fn persons(&self, users: &[&str]) -> Result<Vec<Option<Person>>, JournalError> {
        self.memory.read().details.persons(&*self.base.journal, users)
    }

    fn users_named(&self, username: &str) -> Result<Vec<String>, JournalError> {
        self.memory.read().details.users_named(&*self.base.journal, username)
    }

    fn licensee_details(&self, licensee: &str) -> Result<Option<LicenseeDetails>, JournalError> {
        Ok(self.licensees_details(&[licensee])?.into_iter().next().flatten())
    }

    fn licensees_details(&self, licensees: &[&str]) -> Result<Vec<Option<LicenseeDetails>>, JournalError> {
        self.memory.read().details.licensees(&*self.base.journal, licensees)
    }

    fn status_reasons(&self, user: &str) -> Result<Vec<StatusReason>, JournalError> {
        self.memory.read().details.status_reasons(&*self.base.journal, user)
    }
}
