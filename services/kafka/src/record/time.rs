//! Instants as text to the microsecond.

use chrono::{DateTime, NaiveDateTime};

/// RFC 3339 for the years that it can write; those beyond bear a sign, as ISO 8601 has it.
const FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// `None` for what is beyond any calendar.
pub(super) fn encode(micros: i64) -> Option<String> {
    Some(DateTime::from_timestamp_micros(micros)?.format(FORMAT).to_string())
}

/// `None` for what is no such text.
pub(super) fn decode(text: &str) -> Option<i64> {
    Some(NaiveDateTime::parse_from_str(text, FORMAT).ok()?.and_utc().timestamp_micros())
}
