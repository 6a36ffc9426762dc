//! Waiting for a server that does not answer.

use std::time::{Duration, Instant};

const PAUSE_FIRST: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Pauses that grow from 20 ms to 1 s.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    taken: u32,
}

impl Pauses {
    /// How long to wait now.
    pub(super) fn next(&mut self) -> Duration {
        let pause = PAUSE_FIRST.saturating_mul(1u32.checked_shl(self.taken).unwrap_or(u32::MAX));
        self.taken = self.taken.saturating_add(1);
        pause.min(PAUSE_MAX)
    }

    /// Whether any was taken.
    pub(super) fn is_any(&self) -> bool {
        self.taken > 0
    }
}

/// Growing pauses that come to an end.
#[derive(Debug)]
pub(super) struct Patience {
    pauses: Pauses,
    ends_at: Instant,
}

impl Patience {
    /// Lasts for `time` from now.
    pub(super) fn of(time: Duration) -> Self {
        Self { pauses: Pauses::default(), ends_at: Instant::now() + time }
    }

    /// Sleeps for the next pause; false, at once, when patience has come to its end.
    pub(super) fn pause(&mut self) -> bool {
        let left = self.ends_at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        std::thread::sleep(self.pauses.next().min(left));
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_their_bound() {
        let mut pauses = Pauses::default();
        let first: Vec<u128> = (0..8).map(|_| pauses.next().as_millis()).collect();
        assert_eq!(first, [20, 40, 80, 160, 320, 640, 1000, 1000]);
        (0..100).for_each(|_| assert!(pauses.next() <= PAUSE_MAX));
    }

    #[test]
    fn patience_ends() {
        assert!(!Patience::of(Duration::ZERO).pause());
    }
}
