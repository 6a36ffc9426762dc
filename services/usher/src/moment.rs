//! Instants as people type them.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat};
use licensing::Instant;

/// An instant on the command line: RFC 3339, or a date for its first instant in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Instant);

/// A text that is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use a time such as 2026-01-31T12:00:00Z, or a date such as 2026-01-31")]
pub struct InvalidMoment;

impl FromStr for Moment {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        let midnight = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc());
        let told = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()).or_else(midnight);
        // What is finer than a microsecond is cut, as everywhere.
        told.and_then(|time| DateTime::from_timestamp_micros(time.timestamp_micros())).map(Self).ok_or(InvalidMoment)
    }
}

/// An instant as the wire spells it: UTC with `Z`, as fine as it has to be.
pub fn to_text(instant: Instant) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_first_instant_and_offsets_become_utc() {
        for (text, expected) in [
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
            ("2026-01-31T12:00:00.1234567Z", "2026-01-31T12:00:00.123456Z"),
        ] {
            assert_eq!(to_text(text.parse::<Moment>().unwrap().0), expected);
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for bad in ["", "now", "2026-01-31 12:00", "2026-13-01", "2026-01-31T12:00:00"] {
            assert!(bad.parse::<Moment>().is_err(), "{bad:?} was taken");
        }
    }
}
