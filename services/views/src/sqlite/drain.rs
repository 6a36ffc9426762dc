//! Moving what is in the WAL into the file, beside the thread that feeds it.
//!
//! Left to that thread, SQLite does so in some transaction once there is much: then everybody who waits for what is fed
//! waits for the disk as well. So it is done in time by another thread, which leaves little to whoever feeds.

use std::{sync::Arc, time::Duration};

use journal::{Background, Stopping};

use super::live::Live;
use crate::ViewsError;

/// How long to wait at most for records that wake the thread themselves.
const IDLE_WAIT: Duration = Duration::from_secs(3600);

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
