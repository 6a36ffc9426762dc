//! Events out of a store.

use std::sync::Arc;

use contract::proto::journal::{Record, record::Kind};
use journal::{Journal, Position, StoredCommit};

use super::{ExportError, Found};
use crate::error::CommandError;

/// How much of a shard is read at one go, bytes.
const READ_BYTES: usize = 4 * 1024 * 1024;

/// Every event of the store as it is now, shard by shard, oldest first. An error is the last item.
pub(super) fn events(journal: Arc<dyn Journal>) -> impl Iterator<Item = Found> {
    commits(journal).flat_map(|commit| match commit.and_then(|commit| events_of(&commit)) {
        Ok(events) => events.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(CommandError::from(error))],
    })
}

fn commits(journal: Arc<dyn Journal>) -> impl Iterator<Item = Result<StoredCommit, ExportError>> {
    let shards = 0..journal.shard_count();
    shards.flat_map(move |shard| ShardCommits {
        journal: journal.clone(),
        shard,
        last: 0,
        read: Vec::new().into_iter(),
    })
}

/// The commits of a shard, some read ahead.
struct ShardCommits {
    journal: Arc<dyn Journal>,
    shard: u16,
    last: u64,
    read: std::vec::IntoIter<StoredCommit>,
}

impl Iterator for ShardCommits {
    type Item = Result<StoredCommit, ExportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.read.len() == 0 {
            match self.journal.read(self.shard, self.last, READ_BYTES) {
                Ok(commits) => self.read = commits.into_iter(),
                Err(error) => return Some(Err(error.into())),
            }
        }
        let commit = self.read.next()?;
        self.last = commit.number;
        Some(Ok(commit))
    }
}

fn events_of(commit: &StoredCommit) -> Result<Vec<(Position, contract::proto::journal::Event)>, ExportError> {
    let StoredCommit { shard, number, first_position, .. } = *commit;
    let decoded = commit.decode().map_err(|source| ExportError::Commit { shard, number, source })?;
    let placed = (first_position..).zip(decoded.records);
    let event = |(position, record): (u64, Record)| match record.kind {
        Some(Kind::Event(event)) => Some((Position { shard, position }, event)),
        _ => None,
    };
    Ok(placed.filter_map(event).collect())
}
