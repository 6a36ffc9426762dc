//! Which shards this process may write.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::RwLock;

use crate::Watch;

/// The number of a lease: it goes up whenever a shard changes hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// The shards that this process holds, each with the epoch of its lease. Clones share the same.
///
/// The store compares the epoch in the statement that writes: this here only spares the vain attempt.
#[derive(Debug, Clone, Default)]
pub struct Held {
    epochs: Arc<RwLock<BTreeMap<u16, Epoch>>>,
    changed: Watch,
}

impl Held {
    /// All of so many shards, for a process that has a store for itself.
    pub fn of_all(shards: u16) -> Self {
        let held = Self::default();
        (0..shards).for_each(|shard| held.take(shard, Epoch(0)));
        held
    }

    /// The epoch under which a shard is held; `None` if it is not.
    pub fn epoch(&self, shard: u16) -> Option<Epoch> {
        self.epochs.read().get(&shard).copied()
    }

    /// Whether a shard is held.
    pub fn contains(&self, shard: u16) -> bool {
        self.epoch(shard).is_some()
    }

    /// The shards that are held, in order.
    pub fn shards(&self) -> Vec<u16> {
        self.epochs.read().keys().copied().collect()
    }

    /// Notes that a shard is held from now on.
    pub fn take(&self, shard: u16, epoch: Epoch) {
        self.epochs.write().insert(shard, epoch);
        self.changed.notify();
    }

    /// Notes that a shard is no longer held.
    pub fn let_go(&self, shard: u16) {
        self.epochs.write().remove(&shard);
        self.changed.notify();
    }

    /// Is notified of every change.
    pub fn watch(&self) -> Watch {
        self.changed.clone()
    }
}
