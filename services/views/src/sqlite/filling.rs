//! How much went into the WAL.

use std::sync::atomic::{AtomicU64, Ordering};

use journal::Watch;

/// After how many records the WAL is drained: a few times before SQLite would.
const RECORDS: u64 = 4_000;

/// Counts what goes into the WAL, and wakes who drains it.
#[derive(Default)]
pub(super) struct Filling {
    records: AtomicU64,
    /// Notified when it is time to drain the WAL.
    pub(super) is_much: Watch,
}

impl Filling {
    /// Notes that so many records were fed.
    pub(super) fn add(&self, records: u64) {
        let before = self.records.fetch_add(records, Ordering::Relaxed);
        if before.saturating_add(records) >= RECORDS {
            self.records.store(0, Ordering::Relaxed);
            self.is_much.notify();
        }
    }
}
