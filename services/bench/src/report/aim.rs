//! What is aimed at, and whether it is met.

use std::fmt;

use serde::Serialize;

use super::number;
use crate::measure::{Spread, Unit};

/// What is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// So much or more.
    AtLeast(f64, Unit),
    /// So much or less.
    AtMost(f64, Unit),
}

/// How samples are against what is aimed at.
#[derive(Debug, Serialize)]
pub struct Aim {
    /// What is compared.
    pub about: String,
    /// What is aimed at.
    pub wanted: Wanted,
    /// What was measured, round by round.
    pub samples: Vec<f64>,
    /// What the rounds say together.
    pub spread: Spread,
    /// Whether their median is as wanted.
    pub met: bool,
}

impl Wanted {
    const fn unit(self) -> Unit {
        match self {
            Self::AtLeast(_, unit) | Self::AtMost(_, unit) => unit,
        }
    }

    fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound, _) => value >= bound,
            Self::AtMost(bound, _) => value <= bound,
        }
    }

    /// How many times as good as wanted; below 1 it is worse.
    fn goodness_of(self, value: f64) -> f64 {
        match self {
            Self::AtLeast(bound, _) => value / bound,
            Self::AtMost(bound, _) => bound / value,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound, unit) => write!(f, "at least {}", number::shown(*bound, *unit)),
            Self::AtMost(bound, unit) => write!(f, "at most {}", number::shown(*bound, *unit)),
        }
    }
}

impl Aim {
    /// Judges samples by their median.
    pub fn new(about: &str, wanted: Wanted, samples: Vec<f64>) -> Self {
        let spread = Spread::of(&samples);
        Self { about: about.to_owned(), wanted, met: wanted.is_met_by(spread.median), spread, samples }
    }

    /// What was measured, with its spread.
    pub fn measured(&self) -> String {
        number::with_spread(self.spread, self.wanted.unit())
    }

    /// Met or not, and by how much.
    pub fn verdict(&self) -> String {
        let goodness = self.wanted.goodness_of(self.spread.median);
        match self.met {
            true if goodness.is_infinite() => "met".to_owned(),
            true if goodness >= 2.0 => format!("met, {goodness:.1} times over"),
            true => format!("met, by {:.0} %", (goodness - 1.0) * 100.0),
            false if goodness.is_nan() => "not met: nothing was measured".to_owned(),
            false => format!("not met, {:.0} % short", (1.0 - goodness) * 100.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(wanted: Wanted, samples: &[f64]) -> String {
        Aim::new("speed", wanted, samples.to_vec()).verdict()
    }

    #[test]
    fn it_says_by_how_much_an_aim_is_met_or_not() {
        let (fast, small) = (Wanted::AtLeast(40.0, Unit::Times), Wanted::AtMost(150.0, Unit::Bytes));
        assert_eq!(verdict(fast, &[44.0]), "met, by 10 %");
        assert_eq!(verdict(fast, &[100.0]), "met, 2.5 times over");
        assert_eq!(verdict(fast, &[30.0]), "not met, 25 % short");
        assert_eq!(verdict(small, &[50.0]), "met, 3.0 times over");
        assert_eq!(verdict(small, &[0.0]), "met");
        assert_eq!(verdict(small, &[300.0]), "not met, 50 % short");
        assert_eq!(verdict(small, &[]), "not met: nothing was measured");
    }

    #[test]
    fn the_median_decides() {
        assert!(Aim::new("speed", Wanted::AtLeast(2.0, Unit::Times), vec![1.0, 3.0, 3.0]).met);
        assert!(!Aim::new("speed", Wanted::AtLeast(2.0, Unit::Times), vec![1.0, 1.0, 9.0]).met);
    }
}
