//! The times of a stream, block by block: what the index should keep for readers of the past (ADR 13).

use journal::{BLOCK_EVENTS, EventBlock};
use licensing::Instant;

/// The times of all events of a stream so far; some forty bytes for each thousand of them.
#[derive(Default)]
pub(crate) struct StreamTimes {
    whole: Vec<EventBlock>,
    /// The bounds of those behind the last whole block.
    open: Option<EventBlock>,
}

impl StreamTimes {
    /// The blocks that are whole.
    pub(crate) fn whole(&self) -> &[EventBlock] {
        &self.whole
    }

    /// Takes in the next event.
    pub(super) fn add(&mut self, version: u64, effective_at: Instant, recorded_at: Instant) {
        let of_this = EventBlock {
            last_version: version,
            effective_min: effective_at,
            effective_max: effective_at,
            recorded_max: recorded_at,
        };
        let block = self.open.take().map_or(of_this, |open| EventBlock {
            last_version: version,
            effective_min: open.effective_min.min(effective_at),
            effective_max: open.effective_max.max(effective_at),
            recorded_max: open.recorded_max.max(recorded_at),
        });
        if version.is_multiple_of(BLOCK_EVENTS) {
            self.whole.push(block);
        } else {
            self.open = Some(block);
        }
    }
}
