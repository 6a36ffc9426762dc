//! Instants as they are shown in a difference.

use chrono::SecondsFormat;
use licensing::Instant;

/// An instant as it is shown in a difference.
pub(super) fn shown(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The same, of one in microseconds since 1970.
pub(super) fn shown_us(micros: i64) -> String {
    Instant::from_timestamp_micros(micros).map_or_else(|| format!("{micros} µs"), shown)
}
