//! What is committed, or about to be, and not yet indexed: the outcomes and uses that the index can't tell yet.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use journal::{Head, StoredOutcome};
use licensing::{Instant, UserId};

/// A commit by shard and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommitRef {
    pub(crate) shard: u16,
    pub(crate) number: u64,
}

impl CommitRef {
    /// The commit that comes next in a shard.
    pub(crate) const fn after(head: Head) -> Self {
        Self { shard: head.shard, number: head.commit_number + 1 }
    }

    /// Whether the index has got there.
    pub(crate) fn is_indexed(self, progress: &[Head]) -> bool {
        progress.get(usize::from(self.shard)).is_some_and(|head| head.commit_number >= self.number)
    }
}

struct Entry<T> {
    value: T,
    commit: CommitRef,
}

enum Key {
    Outcome(Arc<str>),
    Use(UserId),
}

/// Bounded by how far the index may lag behind.
#[derive(Default)]
pub(crate) struct Recent {
    /// Apart from the table: outcomes are large, and it moves what is in it when it grows.
    outcomes: HashMap<Arc<str>, Entry<Box<StoredOutcome>>>,
    uses: HashMap<UserId, Entry<Instant>>,
    /// What was added, oldest first.
    added: VecDeque<(CommitRef, Key)>,
}

impl Recent {
    pub(crate) fn outcome(&self, command_id: &str) -> Option<&StoredOutcome> {
        self.outcomes.get(command_id).map(|entry| &*entry.value)
    }

    pub(crate) fn last_use(&self, user: &UserId) -> Option<Instant> {
        self.uses.get(user).map(|entry| entry.value)
    }

    pub(crate) fn add_outcome(&mut self, commit: CommitRef, stored: StoredOutcome) {
        let command_id: Arc<str> = stored.outcome.command_id.as_str().into();
        self.added.push_back((commit, Key::Outcome(command_id.clone())));
        self.outcomes.insert(command_id, Entry { value: Box::new(stored), commit });
    }

    pub(crate) fn add_use(&mut self, commit: CommitRef, user: &UserId, used_at: Instant) {
        let last = self.last_use(user).map_or(used_at, |last| last.max(used_at));
        self.added.push_back((commit, Key::Use(user.clone())));
        self.uses.insert(user.clone(), Entry { value: last, commit });
    }

    /// Forgets what the index knows by now.
    pub(crate) fn forget_indexed(&mut self, progress: &[Head]) {
        while self.added.front().is_some_and(|(commit, _)| commit.is_indexed(progress)) {
            let Some((_, key)) = self.added.pop_front() else { return };
            match key {
                Key::Outcome(command_id) => forget(&mut self.outcomes, &command_id, progress),
                Key::Use(user) => forget(&mut self.uses, &user, progress),
            }
        }
    }
}

/// Forgets an entry, unless it was replaced by one that is not indexed.
fn forget<K: std::hash::Hash + Eq, T>(entries: &mut HashMap<K, Entry<T>>, key: &K, progress: &[Head]) {
    if entries.get(key).is_some_and(|entry| entry.commit.is_indexed(progress)) {
        entries.remove(key);
    }
}
