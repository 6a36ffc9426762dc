//! Instants as text to the microsecond.

use chrono::{DateTime, NaiveDateTime, SecondsFormat};

/// RFC 3339 for the years that it can write; those beyond bear a sign, as ISO 8601 has it.
const FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// `None` for what is beyond any calendar.
pub(super) fn encode(micros: i64) -> Option<String> {
    // The same as by the format, which would be read anew for each of very many events.
    Some(DateTime::from_timestamp_micros(micros)?.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// `None` for what is no such text.
pub(super) fn decode(text: &str) -> Option<i64> {
    Some(NaiveDateTime::parse_from_str(text, FORMAT).ok()?.and_utc().timestamp_micros())
}
