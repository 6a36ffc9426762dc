//! Pauses between attempts.

use std::time::Duration;

/// A pause between attempts that grows from failure to failure.
#[derive(Debug)]
pub(crate) struct Pause {
    next: Duration,
}

impl Pause {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(10);

    pub(crate) const fn new() -> Self {
        Self { next: Self::FIRST }
    }

    /// How long to wait after one more failure.
    pub(crate) fn after_failure(&mut self) -> Duration {
        let pause = self.next;
        self.next = self.next.saturating_mul(2).min(Self::LONGEST);
        pause
    }

    /// Something succeeded.
    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_up_to_its_bound_and_begins_anew_after_a_success() {
        let mut pause = Pause::new();
        let first = pause.after_failure();
        assert_eq!(pause.after_failure(), first * 2);
        for _ in 0..100 {
            assert!(pause.after_failure() <= Pause::LONGEST);
        }
        assert_eq!(pause.after_failure(), Pause::LONGEST);
        pause.reset();
        assert_eq!(pause.after_failure(), first);
    }
}
