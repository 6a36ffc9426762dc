//! Moving what is in the WAL into the file, beside the thread that feeds it.
//!
//! Left to that thread, SQLite does so in some transaction once there is much: then everybody who waits for what is fed
//! waits for the disk as well. So it is done in time by another thread, which leaves little to whoever feeds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use journal::{Background, Stopping, Watch};

use super::live::Live;
use crate::ViewsError;

/// After how many records the WAL is drained: a few times before SQLite would.
const RECORDS: u64 = 4_000;
/// How long to wait at most for records that wake the thread themselves.
const IDLE_WAIT: Duration = Duration::from_secs(3600);

/// Counts what goes into the WAL, and wakes who drains it.
#[derive(Default)]
pub(super) struct Filling {
    records: AtomicU64,
    is_much: Watch,
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

/// Starts to drain the WAL of a file whenever much went into it.
pub(super) fn start(live: Arc<Live>) -> Result<Background, ViewsError> {
    let is_much = live.filling.is_much.clone();
    Background::start("views-drain", is_much, move |stopping| run(&live, &stopping)).map_err(ViewsError::Thread)
}

fn run(live: &Live, stopping: &Stopping) {
    let is_much = &live.filling.is_much;
    let mut seen = is_much.generation();
    while !stopping.is_asked() {
        seen = is_much.wait_beyond(seen, IDLE_WAIT);
        // Left undone, it is done by whoever feeds.
        if !stopping.is_asked()
            && let Err(error) = live.drain_wal_beside_readers()
        {
            tracing::debug!(error = &error as &dyn std::error::Error, "the wal of the views is not drained");
        }
    }
}
