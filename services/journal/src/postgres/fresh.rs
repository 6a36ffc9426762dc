//! The last commits of this process, still in memory: whoever follows the journal mostly wants just these, and would
//! otherwise have the server send back what it has just been sent.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use chrono::SubsecRound;
use parking_lot::Mutex;

use crate::{NewCommit, StoredCommit};

/// How many bytes are kept at most.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// What a commit takes besides its block, bytes, roughly.
const BYTES_BESIDES: usize = 128;
/// The decimal places of a second that the server keeps.
const SECOND_DECIMALS: u16 = 6;

/// Commits that this process has written, of each shard a run without a gap.
#[derive(Default)]
pub(super) struct FreshCommits(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    of_shards: HashMap<u16, VecDeque<Arc<StoredCommit>>>,
    /// The shards of all commits, the oldest first.
    order: VecDeque<u16>,
    bytes: usize,
}

impl FreshCommits {
    /// Keeps commits that are durable; for as long as there is room.
    pub(super) fn keep(&self, commits: &[NewCommit]) {
        let commits: Vec<_> = commits.iter().map(|commit| Arc::new(as_stored(commit))).collect();
        let mut kept = self.0.lock();
        commits.into_iter().for_each(|commit| kept.push(commit));
    }

    /// Forgets everything: what was written last is no longer known for certain.
    pub(super) fn forget(&self) {
        *self.0.lock() = Kept::default();
    }

    /// As [`Journal::follow`](crate::Journal::follow); `None` if the next one is not here. There may be more than are given.
    pub(super) fn after(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Option<Vec<StoredCommit>> {
        let found = self.0.lock().after(shard, after_commit, max_bytes)?;
        Some(found.iter().map(|commit| StoredCommit::clone(commit)).collect())
    }
}

impl Kept {
    fn push(&mut self, commit: Arc<StoredCommit>) {
        let last = self.of_shards.get(&commit.shard).and_then(VecDeque::back);
        if last.is_some_and(|last| last.number + 1 != commit.number) {
            // Another process held the shard in between.
            *self = Self::default();
        }
        self.bytes += size_of(&commit);
        self.order.push_back(commit.shard);
        self.of_shards.entry(commit.shard).or_default().push_back(commit);
        while self.bytes > BYTES_MAX && self.drop_oldest().is_some() {}
    }

    fn drop_oldest(&mut self) -> Option<()> {
        let shard = self.order.pop_front()?;
        let dropped = self.of_shards.get_mut(&shard)?.pop_front()?;
        self.bytes -= size_of(&dropped);
        Some(())
    }

    fn after(&self, shard: u16, after_commit: u64, max_bytes: usize) -> Option<Vec<Arc<StoredCommit>>> {
        let of_shard = self.of_shards.get(&shard)?;
        let skipped = after_commit.checked_add(1)?.checked_sub(of_shard.front()?.number)?;
        let mut bytes = 0usize;
        let mut wanted = Vec::new();
        for commit in of_shard.iter().skip(usize::try_from(skipped).ok()?) {
            bytes = bytes.saturating_add(commit.block.len());
            if bytes > max_bytes && !wanted.is_empty() {
                break;
            }
            wanted.push(commit.clone());
        }
        if wanted.is_empty() { None } else { Some(wanted) }
    }
}

fn as_stored(commit: &NewCommit) -> StoredCommit {
    StoredCommit {
        shard: commit.shard,
        number: commit.number,
        first_position: commit.first_position,
        records: commit.records,
        recorded_at: commit.recorded_at.trunc_subsecs(SECOND_DECIMALS),
        checksum: commit.checksum(),
        block: commit.block.clone(),
    }
}

fn size_of(commit: &StoredCommit) -> usize {
    commit.block.len() + BYTES_BESIDES
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn commit(shard: u16, number: u64, bytes: usize) -> NewCommit {
        NewCommit {
            shard,
            number,
            first_position: number,
            records: 1,
            block: vec![7; bytes],
            recorded_at: DateTime::from_timestamp(1, 123_456_789).unwrap(),
        }
    }

    fn numbers(fresh: &FreshCommits, shard: u16, after: u64, max_bytes: usize) -> Option<Vec<u64>> {
        Some(fresh.after(shard, after, max_bytes)?.iter().map(|commit| commit.number).collect())
    }

    #[test]
    fn what_was_written_last_is_given_as_the_server_gives_it() {
        let fresh = FreshCommits::default();
        fresh.keep(&[commit(1, 5, 10), commit(2, 9, 10), commit(1, 6, 10)]);
        assert_eq!(numbers(&fresh, 1, 4, 100), Some(vec![5, 6]));
        assert_eq!(numbers(&fresh, 1, 5, 100), Some(vec![6]));
        assert_eq!(numbers(&fresh, 2, 8, 100), Some(vec![9]));
        let given = fresh.after(1, 4, 100).unwrap();
        assert_eq!(given.first().unwrap().recorded_at.timestamp_subsec_nanos(), 123_456_000);
        assert_eq!(given.first().unwrap().checksum, commit(1, 5, 10).checksum());
    }

    #[test]
    fn the_server_is_asked_for_everything_else() {
        let fresh = FreshCommits::default();
        fresh.keep(&[commit(1, 5, 10)]);
        assert_eq!(numbers(&fresh, 1, 3, 100), None, "an older one comes first");
        assert_eq!(numbers(&fresh, 1, 5, 100), None, "whoever holds the shard now may have gone on");
        assert_eq!(numbers(&fresh, 1, u64::MAX, 100), None);
        assert_eq!(numbers(&fresh, 3, 0, 100), None);
        fresh.forget();
        assert_eq!(numbers(&fresh, 1, 4, 100), None);
    }

    #[test]
    fn as_many_as_fit_are_given_but_at_least_one() {
        let fresh = FreshCommits::default();
        fresh.keep(&[commit(1, 1, 60), commit(1, 2, 60), commit(1, 3, 60)]);
        assert_eq!(numbers(&fresh, 1, 0, 10), Some(vec![1]));
        assert_eq!(numbers(&fresh, 1, 0, 119), Some(vec![1]));
        assert_eq!(numbers(&fresh, 1, 0, 120), Some(vec![1, 2]));
    }

    #[test]
    fn a_gap_ends_what_was_before() {
        let fresh = FreshCommits::default();
        fresh.keep(&[commit(1, 1, 10), commit(1, 3, 10)]);
        assert_eq!(numbers(&fresh, 1, 0, 100), None);
        assert_eq!(numbers(&fresh, 1, 2, 100), Some(vec![3]));
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let fresh = FreshCommits::default();
        let large = BYTES_MAX / 3;
        fresh.keep(&[commit(1, 1, large), commit(2, 1, large), commit(1, 2, large), commit(2, 2, large)]);
        assert_eq!(numbers(&fresh, 1, 0, usize::MAX), None);
        assert_eq!(numbers(&fresh, 1, 1, usize::MAX), Some(vec![2]));
        let kept = fresh.0.lock();
        assert!(kept.bytes <= BYTES_MAX && kept.order.len() == 2, "{} bytes", kept.bytes);
    }
}
