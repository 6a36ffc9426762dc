//! What everybody but the writer sees of its state: as far as it is committed.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use chrono::DateTime;
use journal::{Head, Position, Positions};
use licensing::Instant;

use crate::{ClockMode, clock::machine_now};

/// The clock as everybody but the writer sees it: as far as is committed.
#[derive(Debug, Clone)]
pub(crate) struct PublishedClock {
    mode: ClockMode,
    committed_us: Arc<AtomicI64>,
}

impl PublishedClock {
    pub(crate) fn new(mode: ClockMode, start: Instant) -> Self {
        Self { mode, committed_us: Arc::new(AtomicI64::new(start.timestamp_micros())) }
    }

    pub(crate) const fn mode(&self) -> ClockMode {
        self.mode
    }

    pub(crate) fn publish(&self, now: Instant) {
        self.committed_us.fetch_max(now.timestamp_micros(), Ordering::AcqRel);
    }

    pub(crate) fn now(&self) -> Instant {
        let committed_us = self.committed_us.load(Ordering::Acquire);
        let committed = DateTime::from_timestamp_micros(committed_us).unwrap_or(DateTime::UNIX_EPOCH);
        match self.mode {
            ClockMode::System => machine_now().max(committed),
            ClockMode::Manual(_) | ClockMode::EventTime(_) => committed,
        }
    }
}

/// Where each shard ends, as far as is committed.
#[derive(Debug, Clone)]
pub(crate) struct PublishedHeads {
    by_shard: Arc<[AtomicU64]>,
}

impl PublishedHeads {
    pub(crate) fn new(heads: &[Head]) -> Self {
        Self { by_shard: heads.iter().map(|head| AtomicU64::new(head.position)).collect() }
    }

    pub(crate) fn publish(&self, head: Head) {
        if let Some(position) = self.by_shard.get(usize::from(head.shard)) {
            position.fetch_max(head.position, Ordering::AcqRel);
        }
    }

    pub(crate) fn publish_all(&self, positions: &Positions) {
        for reached in positions.iter() {
            if let Some(position) = self.by_shard.get(usize::from(reached.shard)) {
                position.fetch_max(reached.position, Ordering::AcqRel);
            }
        }
    }

    /// The ends of all shards that have anything.
    pub(crate) fn positions(&self) -> Positions {
        let ends = (0..).zip(self.by_shard.iter());
        let ends = ends.map(|(shard, position)| Position { shard, position: position.load(Ordering::Acquire) });
        ends.filter(|end| end.position > 0).collect()
    }
}
