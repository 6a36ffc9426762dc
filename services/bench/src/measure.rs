//! What is measured, and what many measurements say.

use serde::Serialize;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Events, commands, requests: as many a second.
    PerSecond,
    /// Time, in seconds.
    Seconds,
    /// Time, in milliseconds.
    Milliseconds,
    /// Time, in microseconds.
    Microseconds,
    /// Memory or disk, in bytes.
    Bytes,
    /// So many times something else.
    Times,
    /// Hundredths.
    Percent,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// What it is called in tables.
    pub name: &'static str,
    /// In what.
    pub unit: Unit,
}

/// A measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Of what.
    pub measure: Measure,
    /// How much.
    pub value: f64,
}

/// The measurements of one contender, a round each.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Who.
    pub contender: String,
    /// Of what.
    pub measure: Measure,
    /// How much, round by round.
    pub samples: Vec<f64>,
}

/// What many measurements say.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// As many are above as below.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

/// The time of a command, in the middle.
pub const P50: Measure = Measure { name: "p50", unit: Unit::Milliseconds };
/// The time of a command that only one of a hundred exceeds.
pub const P99: Measure = Measure { name: "p99", unit: Unit::Milliseconds };

impl Measure {
    /// A measurement of this.
    pub const fn reading(self, value: f64) -> Reading {
        Reading { measure: self, value }
    }
}

impl Series {
    /// What the rounds say together.
    pub fn spread(&self) -> Spread {
        Spread::of(&self.samples)
    }

    /// How many times the other's, round by round.
    pub fn ratios_to(&self, other: &Series) -> Vec<f64> {
        self.samples.iter().zip(&other.samples).map(|(own, others)| own / others).collect()
    }
}

impl Spread {
    /// Of no sample at all: not a number.
    pub fn of(samples: &[f64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |place: usize| sorted.get(place).copied().unwrap_or(f64::NAN);
        let (below, above) = (at(sorted.len().saturating_sub(1) / 2), at(sorted.len() / 2));
        Self { median: f64::midpoint(below, above), min: at(0), max: at(sorted.len().saturating_sub(1)) }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;

    fn series(samples: &[f64]) -> Series {
        let measure = Measure { name: "speed", unit: Unit::PerSecond };
        Series { contender: "a".to_owned(), measure, samples: samples.to_vec() }
    }

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(Spread::of(&[5.0, 1.0, 9.0]), Spread { median: 5.0, min: 1.0, max: 9.0 });
        assert_eq!(Spread::of(&[4.0, 8.0, 1.0, 2.0]), Spread { median: 3.0, min: 1.0, max: 8.0 });
        assert_eq!(Spread::of(&[7.0]), Spread { median: 7.0, min: 7.0, max: 7.0 });
        assert!(Spread::of(&[]).median.is_nan());
    }

    #[test]
    fn one_outlier_does_not_move_the_median() {
        assert_eq!(Spread::of(&[10.0, 11.0, 10.0, 1_000.0, 10.0]).median, 10.0);
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        assert_eq!(series(&[10.0, 20.0]).ratios_to(&series(&[5.0, 40.0])), [2.0, 0.5]);
    }
}
