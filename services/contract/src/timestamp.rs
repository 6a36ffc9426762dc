//! `google.protobuf.Timestamp`, as a type of ours: so that JSON can be read into it.

use std::{fmt, ops::RangeInclusive};

use chrono::DateTime;
use licensing::Instant;
use serde::{Deserialize, Deserializer, de};

const MICROSECOND_NANOS: i32 = 1_000;
const SECOND_NANOS: i32 = 1_000_000_000;

/// Seconds of the years 1 to 9999, the range that protobuf defines and that RFC 3339 can write.
const WIRE_SECONDS: RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// A point in time on the wire, UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds on top of it, 0 to 999,999,999.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl Timestamp {
    /// Cuts what is finer than a microsecond.
    pub fn cut_to_microseconds(&mut self) {
        self.nanos = self.nanos.saturating_sub(self.nanos.rem_euclid(MICROSECOND_NANOS));
    }

    /// The instant, cut to the microsecond; `None` for nanoseconds out of bounds or a year beyond what can be held.
    pub fn to_instant(self) -> Option<Instant> {
        if !(0..SECOND_NANOS).contains(&self.nanos) {
            return None;
        }
        let nanos = self.nanos - self.nanos % MICROSECOND_NANOS;
        DateTime::from_timestamp(self.seconds, u32::try_from(nanos).ok()?)
    }
}

impl From<Instant> for Timestamp {
    fn from(instant: Instant) -> Self {
        // By microseconds, since within a leap second chrono counts more than 1,000,000 of them.
        let micros = instant.timestamp_micros();
        let nanos = i32::try_from(micros.rem_euclid(1_000_000)).unwrap_or_default() * MICROSECOND_NANOS;
        Self { seconds: micros.div_euclid(1_000_000), nanos }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Rfc3339)
    }
}

struct Rfc3339;

impl de::Visitor<'_> for Rfc3339 {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time by RFC 3339")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        parse_rfc3339(text).map(Timestamp::from).ok_or_else(|| E::custom("not a time by RFC 3339"))
    }
}

/// Reads a time with any offset, as UTC, cut to the microsecond.
pub(crate) fn parse_rfc3339(text: &str) -> Option<Instant> {
    let told = DateTime::parse_from_rfc3339(text).ok()?;
    DateTime::from_timestamp_micros(told.timestamp_micros())
}

/// The instant, unless its year is none of 1 to 9999: neither JSON nor protobuf can tell it to others then.
pub(crate) fn in_wire_range(instant: Instant) -> Option<Instant> {
    WIRE_SECONDS.contains(&instant.timestamp()).then_some(instant)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn from_json(text: &str) -> Option<Timestamp> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn an_offset_is_normalised_and_what_is_finer_than_a_microsecond_is_cut() {
        let plain = from_json(r#""2024-02-29T22:30:00.123456Z""#).unwrap();
        assert_eq!(from_json(r#""2024-03-01T00:30:00.123456999+02:00""#), Some(plain));
        assert_eq!(plain.to_instant().unwrap().to_rfc3339(), "2024-02-29T22:30:00.123456+00:00");
    }

    #[test]
    fn before_1970_cutting_goes_down_as_it_does_after() {
        let timestamp = from_json(r#""1969-12-31T23:59:59.9999999Z""#).unwrap();
        assert_eq!(timestamp, Timestamp { seconds: -1, nanos: 999_999_000 });
        let mut finer = Timestamp { seconds: -1, nanos: 999_999_999 };
        assert_eq!(finer.to_instant(), timestamp.to_instant());
        finer.cut_to_microseconds();
        assert_eq!(finer, timestamp);
    }

    #[test]
    fn a_leap_second_is_the_second_after_it() {
        assert_eq!(from_json(r#""2016-12-31T23:59:60.5Z""#), from_json(r#""2017-01-01T00:00:00.5Z""#));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in ["5", "\"\"", "\"2024-01-01\"", "\"2024-01-01T00:00:00\"", "\"2024-13-01T00:00:00Z\"", "{}", "[1,2]"]
        {
            assert_eq!(from_json(bad), None, "{bad} was taken");
        }
        for (seconds, nanos) in [(0, -1), (0, SECOND_NANOS), (i64::MAX, 0), (i64::MIN, 0)] {
            assert_eq!(Timestamp { seconds, nanos }.to_instant(), None, "{seconds}.{nanos} was taken");
        }
        let mut extreme = Timestamp { seconds: 0, nanos: i32::MIN };
        extreme.cut_to_microseconds();
    }
}
