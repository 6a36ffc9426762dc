//! How far tables are, and whether they are of the journal that they are to follow.

use journal::{Head, Journal, StoredCommit};

use crate::ViewsError;

/// The last commit of a shard that is in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) head: Head,
    pub(crate) checksum: u64,
}

impl Mark {
    /// The mark of a shard of which `commit` is the last one in the tables.
    pub(crate) fn of(commit: &StoredCommit) -> Self {
        Self { head: commit.head(), checksum: commit.checksum }
    }

    /// The mark of a shard of which nothing is in the tables.
    pub(crate) const fn before(shard: u16) -> Self {
        Self { head: Head { shard, commit_number: 0, position: 0 }, checksum: 0 }
    }
}

/// What is wrong with marks that are to be the journal's, if anything is: a shard too many or too few, or a commit that is
/// not, or no longer, in the journal.
pub(crate) fn contradiction(marks: &[Mark], journal: &dyn Journal) -> Result<Option<String>, ViewsError> {
    if !marks.iter().map(|mark| mark.head.shard).eq(0..journal.shard_count()) {
        return Ok(Some("they do not have the shards of the store".to_owned()));
    }
    for mark in marks {
        let Some(before) = mark.head.commit_number.checked_sub(1) else { continue };
        let commit = journal.read(mark.head.shard, before, 1)?;
        if commit.first().map(Mark::of) != Some(*mark) {
            return Ok(Some(format!("shard {} in them is not the store's", mark.head.shard)));
        }
    }
    Ok(None)
}
