//! Typed values out of the text of a path or a query.

use std::{fmt::Display, str::FromStr};

use chrono::DateTime;
use licensing::Instant;
use serde::{Deserialize, Deserializer, de::Error};

/// The most items of one page.
const LIMIT_MAX: usize = 1_000;

/// How many items a page may have: 1 to 1,000, 100 unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit(usize);

/// A text that is no [`Limit`].
#[derive(Debug, thiserror::Error)]
#[error("limit is not valid: use a number from 1 to {LIMIT_MAX}")]
pub(crate) struct InvalidLimit;

/// A time by RFC 3339, in UTC, cut to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(Instant);

/// A text that is no [`Time`].
#[derive(Debug, thiserror::Error)]
#[error("the time is not valid: use RFC 3339, such as 2026-01-31T00:00:00Z, with + as %2B in a query")]
pub(crate) struct InvalidTime;

impl Limit {
    pub(crate) const fn get(self) -> usize {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

impl FromStr for Limit {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        // `parse` would take a sign as well.
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let limit = text.parse().ok().filter(|limit| is_number && (1..=LIMIT_MAX).contains(limit));
        limit.map(Self).ok_or(InvalidLimit)
    }
}

impl Time {
    pub(crate) const fn instant(self) -> Instant {
        self.0
    }
}

impl FromStr for Time {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let told = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidTime)?;
        DateTime::from_timestamp_micros(told.timestamp_micros()).map(Self).ok_or(InvalidTime)
    }
}

/// Reads a value from its text, for `#[serde(deserialize_with)]`.
pub(crate) fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// Reads a value that may be absent from its text, for `#[serde(default, deserialize_with)]`.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    parsed(deserializer).map(Some)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_1_to_1000_and_100_by_default() {
        assert_eq!(Limit::default().get(), 100);
        for (text, limit) in [("1", 1), ("1000", 1_000), ("0010", 10)] {
            assert_eq!(text.parse::<Limit>().unwrap().get(), limit);
        }
        for bad in ["", "0", "1001", "-1", "+1", "1.0", "ten", "99999999999999999999999"] {
            assert!(bad.parse::<Limit>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_time_is_normalised_to_utc_and_cut_to_the_microsecond() {
        let time: Time = "2026-02-01T00:30:00.1234567+02:00".parse().unwrap();
        assert_eq!(time.instant().to_rfc3339(), "2026-01-31T22:30:00.123456+00:00");
        for bad in ["", "now", "2026-02-01", "2026-02-01T00:30:00", "2026-02-30T00:00:00Z"] {
            assert!(bad.parse::<Time>().is_err(), "{bad:?} was taken");
        }
    }
}
