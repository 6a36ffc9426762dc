//! Instants in sentences.

use chrono::SecondsFormat;
use licensing::Instant;

/// An instant as the wire spells it.
pub(super) fn time(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
