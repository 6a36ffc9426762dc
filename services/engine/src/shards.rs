//! Which shards an engine decides for.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use journal::{Held, SharedUsers};

/// What an engine needs when it shares its store with those of other processes.
#[derive(Clone)]
pub struct Shared {
    /// What the writers tell each other about users.
    pub users: Arc<dyn SharedUsers>,
    /// The shards that the store lets this process write.
    pub held: Held,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("held", &self.held).finish_non_exhaustive()
    }
}

/// The shards that the writer decides for, as everybody sees them. Only the writer changes them.
#[derive(Debug, Clone)]
pub(crate) struct Decided(Arc<[AtomicBool]>);

impl Decided {
    /// All of a store of one process, none of one that is shared.
    pub(crate) fn new(shards: u16, is_shared: bool) -> Self {
        Self((0..shards).map(|_| AtomicBool::new(!is_shared)).collect())
    }

    pub(crate) fn contains(&self, shard: u16) -> bool {
        self.0.get(usize::from(shard)).is_some_and(|decided| decided.load(Ordering::Acquire))
    }

    pub(crate) fn set(&self, shard: u16, is_decided: bool) {
        if let Some(decided) = self.0.get(usize::from(shard)) {
            decided.store(is_decided, Ordering::Release);
        }
    }

    pub(crate) fn shards(&self) -> Vec<u16> {
        (0..)
            .zip(self.0.iter())
            .filter(|(_, decided)| decided.load(Ordering::Acquire))
            .map(|(shard, _)| shard)
            .collect()
    }

    pub(crate) fn shard_count(&self) -> u16 {
        u16::try_from(self.0.len()).unwrap_or(u16::MAX)
    }
}
