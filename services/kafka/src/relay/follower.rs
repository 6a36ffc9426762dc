//! Follows the journal's end, once for all shards.

use std::error::Error;

use journal::Stopping;

use super::{Shared, progress::LOOK_EVERY};
use crate::pause::Pause;

/// Follows the journal's end until it is asked to stop.
pub(super) fn follow(shared: &Shared, stopping: &Stopping) {
    let committed = shared.journal.watch();
    let mut pause = Pause::new();
    loop {
        // In this order: a stop after it was looked for wakes the wait below.
        let seen = committed.generation();
        if stopping.is_asked() {
            return;
        }
        match shared.journal.known_heads() {
            Ok(heads) => {
                shared.progress.note_ends(heads);
                pause.reset();
                committed.wait_beyond(seen, LOOK_EVERY);
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, "the relay cannot read where the journal ends");
                stopping.pause(pause.after_failure());
            }
        }
    }
}
