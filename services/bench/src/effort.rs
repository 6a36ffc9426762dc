//! How much is measured.

use std::time::Duration;

/// The fewest rounds of a full run: fewer say nothing about the spread.
pub const ROUNDS_MIN: usize = 5;
/// Rounds of a quick run.
const ROUNDS_QUICK: usize = 2;

/// How much is measured: all of it, or as much as is needed for a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Whether it is for a look.
    pub quick: bool,
    /// Rounds of each contender, the warm-up aside.
    pub rounds: usize,
}

impl Effort {
    /// All of it, or a look, with another number of rounds than usual if one is named.
    pub fn new(quick: bool, rounds: Option<usize>) -> Self {
        let usual = if quick { ROUNDS_QUICK } else { ROUNDS_MIN };
        Self { quick, rounds: rounds.unwrap_or(usual).max(1) }
    }

    /// How long a round begins new work.
    pub const fn round_time(self) -> Duration {
        if self.quick { Duration::from_millis(300) } else { Duration::from_secs(2) }
    }

    /// How long something lasts that has to settle.
    pub const fn long_time(self) -> Duration {
        if self.quick { Duration::from_millis(400) } else { Duration::from_secs(10) }
    }

    /// The size of something: `full`, or `quick` for a look.
    pub const fn size(self, full: u64, quick: u64) -> u64 {
        if self.quick { quick } else { full }
    }

    /// The sizes of a curve: all of them, or the first few for a look.
    pub fn sizes<T>(self, full: &[T], quick: usize) -> &[T] {
        let count = if self.quick { quick.min(full.len()) } else { full.len() };
        full.get(..count).unwrap_or(full)
    }
}
