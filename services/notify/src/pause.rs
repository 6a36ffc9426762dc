//! Pauses between attempts.

use std::time::Duration;

/// How long is waited after a failure: twice as long after each further one, up to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses {
    /// After the first failure.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

/// By how much a pause may be shortened, as a part of it.
const JITTER_MAX: f64 = 0.25;

impl Pauses {
    /// How long to wait after so many failures in a row, from 1.
    pub fn after(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1);
        self.first.saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(self.longest)
    }

    /// The same, shortened by up to a quarter at random: many who failed at one moment must not all come back at another.
    pub fn spread_after(&self, failures: u32) -> Duration {
        self.after(failures).mul_f64(1.0 - JITTER_MAX * fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_up_to_its_bound() {
        let pauses = Pauses { first: Duration::from_secs(5), longest: Duration::from_secs(60) };
        let seconds = [0, 1, 2, 3, 4, 5, 40, u32::MAX].map(|failures| pauses.after(failures).as_secs());
        assert_eq!(seconds, [5, 5, 10, 20, 40, 60, 60, 60]);
    }

    #[test]
    fn a_pause_is_spread_over_its_last_quarter_also_the_longest() {
        let pauses = Pauses { first: Duration::from_secs(5), longest: Duration::from_secs(60) };
        for failures in [4, u32::MAX] {
            let whole = pauses.after(failures).as_secs_f64();
            let parts: Vec<f64> = (0..1_000).map(|_| pauses.spread_after(failures).as_secs_f64() / whole).collect();
            assert!(parts.iter().all(|part| (0.75..=1.0).contains(part)), "{parts:?}");
            assert!(parts.iter().any(|part| *part < 0.8) && parts.iter().any(|part| *part > 0.95), "{parts:?}");
        }
    }
}
