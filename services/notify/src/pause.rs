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

impl Pauses {
    /// How long to wait after so many failures in a row, from 1.
    pub fn after(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1);
        self.first.saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(self.longest)
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
}
