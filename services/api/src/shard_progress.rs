//! How far everything that follows the journal is.

use licensing::LicenseeId;

use crate::{Services, problem::Problem};

/// How far a shard of the journal goes, and what follows it. Positions count records from 1; 0 is before all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardProgress {
    /// The shard.
    pub shard: u16,
    /// The number of its last commit.
    pub commits: u64,
    /// Up to where records are committed.
    pub committed: u64,
    /// Up to where the index is.
    pub indexed: u64,
    /// Up to where the read models are.
    pub shown: u64,
    /// Whether this process decides for it.
    pub is_decided_here: bool,
}

impl Services {
    /// How far each shard goes, in their order; `None` where the store does not answer. Blocks.
    pub fn shard_progress(&self) -> Option<Vec<ShardProgress>> {
        // The cause is in the log.
        self.read_progress().ok()
    }

    fn read_progress(&self) -> Result<Vec<ShardProgress>, Problem> {
        let heads = self.journal.heads()?;
        let index = self.index.progress()?;
        let shown = self.views.positions();
        let decided = self.engine.decided_shards();
        let progress = heads.into_iter().map(|head| ShardProgress {
            shard: head.shard,
            commits: head.commit_number,
            committed: head.position,
            indexed: index.iter().find(|indexed| indexed.shard == head.shard).map_or(0, |indexed| indexed.position),
            shown: shown.of(head.shard).unwrap_or(0),
            is_decided_here: decided.contains(&head.shard),
        });
        Ok(progress.collect())
    }

    /// Up to where the read models are in the shard of a licensee: it moves whenever something of it may have changed.
    pub fn shown_position(&self, licensee: &LicenseeId) -> u64 {
        let shard = journal::shard_of(licensee.as_str(), self.journal.shard_count());
        self.views.positions().of(shard).unwrap_or(0)
    }

    /// How many records of all shards the read models show: it moves whenever something may have changed.
    pub fn shown_records(&self) -> u64 {
        self.views.positions().iter().map(|shown| shown.position).sum()
    }
}
