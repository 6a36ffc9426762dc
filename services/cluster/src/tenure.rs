//! Until when this node's leases are certain to be its own, by a clock that nobody sets.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

/// Which part of the time to live is left unused, so that everything is let go of before others take over.
const MARGIN_PART: u32 = 8;

/// A term that each renewal makes longer. Clones share the same.
#[derive(Debug, Clone)]
pub(crate) struct Tenure(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    until: Instant,
    is_over: bool,
}

impl Tenure {
    /// A term after a renewal that was asked for at `asked_at`.
    pub(crate) fn new(asked_at: Instant, time_to_live: Duration) -> Self {
        let state = State { until: end_of(asked_at, time_to_live), is_over: false };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Notes a renewal. The server counts from a later instant than `asked_at`, so this is on the safe side.
    pub(crate) fn extend(&self, asked_at: Instant, time_to_live: Duration) {
        let mut state = self.0.state.lock();
        state.until = state.until.max(end_of(asked_at, time_to_live));
        self.0.changed.notify_all();
    }

    /// Whether the leases are certain to be ours at this moment.
    pub(crate) fn is_certain(&self) -> bool {
        Instant::now() < self.0.state.lock().until
    }

    /// Ends the waiting.
    pub(crate) fn close(&self) {
        self.0.state.lock().is_over = true;
        self.0.changed.notify_all();
    }

    /// Calls `lapsed` whenever the term runs out, until it is closed.
    pub(crate) fn guard(&self, lapsed: impl Fn()) {
        let mut state = self.0.state.lock();
        while !state.is_over {
            let until = state.until;
            if Instant::now() < until {
                self.0.changed.wait_until(&mut state, until);
                continue;
            }
            // While the lock is held: no renewal comes in between that would make it wrong.
            lapsed();
            while !state.is_over && state.until == until {
                self.0.changed.wait(&mut state);
            }
        }
    }
}

fn end_of(asked_at: Instant, time_to_live: Duration) -> Instant {
    asked_at + time_to_live.saturating_sub(time_to_live / MARGIN_PART)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::{sync::mpsc::channel, thread};

    use super::*;

    #[test]
    fn the_term_ends_before_the_lease_does() {
        let asked_at = Instant::now();
        assert_eq!(end_of(asked_at, Duration::from_secs(8)), asked_at + Duration::from_secs(7));
    }

    #[test]
    fn an_older_renewal_makes_nothing_shorter() {
        let now = Instant::now();
        let tenure = Tenure::new(now, Duration::from_secs(60));
        tenure.extend(now, Duration::ZERO);
        assert!(tenure.is_certain());
    }

    #[test]
    fn each_lapse_is_told_once() {
        let tenure = Tenure::new(Instant::now(), Duration::ZERO);
        let (lapsed, lapses) = channel();
        let guard = thread::spawn({
            let tenure = tenure.clone();
            move || tenure.guard(|| lapsed.send(()).unwrap())
        });
        lapses.recv().unwrap();
        assert!(!tenure.is_certain());
        tenure.extend(Instant::now(), Duration::from_millis(1));
        lapses.recv().unwrap();
        tenure.close();
        guard.join().unwrap();
        assert!(lapses.try_recv().is_err());
    }
}
