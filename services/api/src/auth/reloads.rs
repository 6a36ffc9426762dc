//! How often something is read again.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Lets something be done once in a while, by one caller at a time.
pub(super) struct Reloads {
    interval: Duration,
    last: Mutex<Instant>,
}

impl Reloads {
    /// At most once in this time, for the first time when it has gone by.
    pub(super) const fn every(interval: Duration, now: Instant) -> Self {
        Self { interval, last: Mutex::new(now) }
    }

    /// Whether it is to be done now, by whoever asked.
    pub(super) fn claim(&self, now: Instant) -> bool {
        let mut last = self.last.lock();
        let is_due = now.saturating_duration_since(*last) >= self.interval;
        if is_due {
            *last = now;
        }
        is_due
    }

    /// When it was done last.
    #[cfg(test)]
    pub(super) fn last(&self) -> Instant {
        *self.last.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many_gets_it_and_then_nobody_for_a_while() {
        let start = Instant::now();
        let reloads = Reloads::every(Duration::from_secs(1), start);
        let at = |millis| start + Duration::from_millis(millis);
        let claimed = [0, 999, 1_000, 1_000, 1_999, 2_000].map(|millis| reloads.claim(at(millis)));
        assert_eq!(claimed, [false, false, true, false, false, true]);
        assert!(!reloads.claim(start), "a caller who is late");
    }
}
