//! A moment in the past, by either clock.

use licensing::Instant;

/// When something is to be seen as it was: by what had taken effect, by what was known, or by both. Without either, now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// Only what had taken effect by then.
    pub as_of: Option<Instant>,
    /// Only what was recorded by then.
    pub as_known_at: Option<Instant>,
}

impl Moment {
    /// The moment by which something had taken effect.
    pub const fn of(as_of: Instant) -> Self {
        Self { as_of: Some(as_of), as_known_at: None }
    }

    /// The moment by which something was recorded.
    pub const fn known_at(as_known_at: Instant) -> Self {
        Self { as_of: None, as_known_at: Some(as_known_at) }
    }

    /// Whether neither clock is named.
    pub const fn is_now(&self) -> bool {
        self.as_of.is_none() && self.as_known_at.is_none()
    }

    /// Whether what took effect then had by this moment.
    pub fn has_in_effect(&self, effective_at: Instant) -> bool {
        self.as_of.is_none_or(|as_of| effective_at <= as_of)
    }

    /// Whether what was recorded then was known by this moment.
    pub fn knows(&self, recorded_at: Instant) -> bool {
        self.as_known_at.is_none_or(|as_known_at| recorded_at <= as_known_at)
    }

    /// The last effective time that counts, microseconds.
    pub(crate) fn effective_max_us(&self) -> i64 {
        self.as_of.map_or(i64::MAX, |as_of| as_of.timestamp_micros())
    }

    /// The last recorded time that counts, microseconds.
    pub(crate) fn recorded_max_us(&self) -> i64 {
        self.as_known_at.map_or(i64::MAX, |as_known_at| as_known_at.timestamp_micros())
    }
}
