//! Collecting the commits that are not indexed yet.

use super::rows::{Rows, decode};
use crate::{EventReader, Head, Journal, JournalError};

/// Records of one transaction; more only if a single commit has more.
const RECORDS_MAX: usize = 20_000;
/// Bytes of commits of one transaction; more only if a single commit has more.
const BLOCK_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Collects what is to be indexed, shard by shard, within bounds.
pub(crate) struct Gatherer {
    reader: EventReader,
    /// What a finding about the journal means for it.
    damaged: Box<dyn Fn(String) -> JournalError + Send>,
    /// Where to begin next, so that a busy shard does not starve those behind it.
    first_shard: u16,
}

impl Gatherer {
    /// Begins with the first shard.
    pub(crate) fn new(reader: EventReader, damaged: impl Fn(String) -> JournalError + Send + 'static) -> Self {
        Self { reader, damaged: Box::new(damaged), first_shard: 0 }
    }

    /// The rows of the next commits; `behind` are the ends, in the index, of those shards that are behind the journal.
    pub(crate) fn gather(&mut self, journal: &dyn Journal, behind: Vec<Head>) -> Result<Rows, JournalError> {
        let (from_first, before): (Vec<_>, Vec<_>) =
            behind.into_iter().partition(|indexed| indexed.shard >= self.first_shard);
        let mut rows = Rows::default();
        for indexed in from_first.into_iter().chain(before) {
            if rows.records >= RECORDS_MAX || rows.block_bytes >= BLOCK_BYTES_MAX {
                break;
            }
            self.gather_shard(journal, indexed, &mut rows)?;
            self.first_shard = indexed.shard.saturating_add(1) % journal.shard_count();
        }
        Ok(rows)
    }

    fn gather_shard(&self, journal: &dyn Journal, indexed: Head, rows: &mut Rows) -> Result<(), JournalError> {
        let bytes_left = BLOCK_BYTES_MAX.saturating_sub(rows.block_bytes);
        let commits = journal.follow(indexed.shard, indexed.commit_number, bytes_left)?;
        if commits.is_empty() {
            return Err((self.damaged)(format!("shard {} ends before its head", indexed.shard)));
        }
        for stored in commits {
            let records = rows.records.saturating_add(stored.records as usize);
            if records > RECORDS_MAX && rows.records > 0 {
                break;
            }
            let commit = decode(&stored).map_err(&self.damaged)?;
            rows.add(&stored, commit, self.reader);
        }
        Ok(())
    }
}
