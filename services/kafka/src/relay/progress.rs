//! Where the journal ends, and how far it is relayed.

use std::{collections::BTreeMap, time::Duration};

use journal::{Head, Watch};
use metrics::gauge;
use parking_lot::Mutex;

/// How long a change may go unnoticed if nobody tells of it.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where the journal ends, as far as is known, and up to where the shards of this process are relayed.
pub(super) struct Progress {
    state: Mutex<State>,
    changed: Watch,
}

struct State {
    /// Where each shard ends, in the order of the shards.
    ends: Vec<Head>,
    /// The last position on the topic, of each shard that is being relayed here.
    relayed: BTreeMap<u16, u64>,
}

impl Progress {
    pub(super) fn new(shards: u16) -> Self {
        let empty = |shard| Head { shard, commit_number: 0, position: 0 };
        let state = State { ends: (0..shards).map(empty).collect(), relayed: BTreeMap::new() };
        Self { state: Mutex::new(state), changed: Watch::default() }
    }

    /// Whether a shard goes on behind commit `number`.
    pub(super) fn is_more(&self, shard: u16, number: u64) -> bool {
        self.state.lock().end(shard).is_some_and(|end| end.commit_number > number)
    }

    /// Waits until a shard goes on behind commit `number`, or is not wanted any more; or for a while.
    pub(super) fn wait_for_more(&self, shard: u16, number: u64, is_wanted: impl Fn() -> bool) {
        // Read first: what changes after it was looked at is not missed.
        let seen = self.changed.generation();
        if is_wanted() && !self.is_more(shard, number) {
            self.changed.wait_beyond(seen, LOOK_EVERY);
        }
    }

    /// Wakes all who wait.
    pub(super) fn wake(&self) {
        self.changed.notify();
    }

    /// Notes where the journal ends.
    pub(super) fn note_ends(&self, ends: Vec<Head>) {
        let mut state = self.state.lock();
        state.ends = ends;
        state.relayed.iter().for_each(|(shard, position)| state.measure(*shard, *position));
        drop(state);
        self.wake();
    }

    /// Notes that a shard is relayed up to `position`.
    pub(super) fn note_relayed(&self, shard: u16, position: u64) {
        let mut state = self.state.lock();
        state.relayed.insert(shard, position);
        state.measure(shard, position);
    }

    /// Notes that a shard is not relayed here any more.
    pub(super) fn forget(&self, shard: u16) {
        let mut state = self.state.lock();
        if let Some(position) = state.relayed.remove(&shard) {
            // Whoever relays it now tells how far behind it is.
            lag(shard, position, position);
        }
    }
}

impl State {
    fn end(&self, shard: u16) -> Option<&Head> {
        self.ends.get(usize::from(shard))
    }

    #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
    fn measure(&self, shard: u16, position: u64) {
        gauge!("usher_relay_position", "shard" => shard.to_string()).set(position as f64);
        lag(shard, position, self.end(shard).map_or(position, |end| end.position));
    }
}

/// Tells how many records are not relayed.
#[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn lag(shard: u16, position: u64, end: u64) {
    gauge!("usher_relay_lag_records", "shard" => shard.to_string()).set(end.saturating_sub(position) as f64);
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn ends(commit_number: u64) -> Vec<Head> {
        vec![Head { shard: 0, commit_number, position: commit_number }]
    }

    #[test]
    fn whoever_waits_for_more_is_woken_by_it_or_when_it_is_not_wanted() {
        let progress = Progress::new(1);
        assert!(!progress.is_more(0, 0));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !progress.is_more(0, 0) {
                    progress.wait_for_more(0, 0, || true);
                }
            });
            progress.note_ends(ends(1));
        });
        assert!(progress.is_more(0, 0) && !progress.is_more(0, 1) && !progress.is_more(1, 0));
        progress.wait_for_more(0, 1, || false);
    }
}
