//! The clock that decisions are made by. It never goes back, and it is kept with the commits.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use licensing::Instant;
use serde::{Deserialize, Serialize};

/// What moves the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockMode {
    /// The machine's time.
    #[default]
    System,
    /// Only [`Engine::try_advance_clock`](crate::Engine::try_advance_clock). Starts at the given instant, or at the kept one if
    /// that is later; without either, at the machine's time.
    Manual(Option<Instant>),
    /// The `time` of the messages. Starts at the given instant, or at the kept one if that is later; without either, at
    /// the first message.
    EventTime(Option<Instant>),
}

/// A text that names no clock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no clock: use system, manual, manual:T, event-time or event-time:T, with T such as 2026-01-31T00:00:00Z"
)]
pub struct UnknownClock(String);

impl FromStr for ClockMode {
    type Err = UnknownClock;

    fn from_str(text: &str) -> Result<Self, UnknownClock> {
        let unknown = || UnknownClock(text.chars().take(64).collect());
        let (name, start) = match text.split_once(':') {
            Some((name, start)) => (name, Some(parse_instant(start).ok_or_else(unknown)?)),
            None => (text, None),
        };
        match (name, start) {
            ("system", None) => Ok(Self::System),
            ("manual", start) => Ok(Self::Manual(start)),
            ("event-time", start) => Ok(Self::EventTime(start)),
            _ => Err(unknown()),
        }
    }
}

fn parse_instant(text: &str) -> Option<Instant> {
    let told = DateTime::parse_from_rfc3339(text).ok()?;
    DateTime::from_timestamp_micros(told.timestamp_micros())
}

/// Why the clock was not moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ClockRefused {
    /// It would go back.
    #[error("the clock stands at {now} and never goes back: name a later time")]
    Backwards {
        /// Where it stands.
        now: Instant,
    },
    /// It moves by itself.
    #[error("the clock moves by itself: start usher with --clock manual to set it")]
    NotManual,
}

/// The machine's time, to the microsecond.
pub(crate) fn machine_now() -> Instant {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}
