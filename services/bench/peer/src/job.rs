//! What is asked and answered, a line each.

use serde::{Deserialize, Serialize};

/// Something to be measured.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Many licensees, so many commands at a time, for so long.
    Round {
        /// Commands under way at a time.
        in_flight: u64,
        /// For how long new ones are begun, seconds.
        seconds: f64,
        /// How many licensees, new ones.
        licensees: u64,
        /// How many members and seats each has.
        members: u64,
        /// Whether a view is kept.
        with_view: bool,
    },
    /// One licensee with so many seats held, one command at a time.
    Growth {
        /// Seats held, by so many events.
        seats: u64,
        /// For how long new ones are begun, seconds.
        seconds: f64,
    },
}

/// What came out.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Answer {
    /// Commands that were done.
    pub commands: u64,
    /// From the first to the end of the last, seconds.
    pub seconds: f64,
    /// The time of a command that half of them were faster than, milliseconds.
    pub p50_ms: f64,
    /// That 99 of 100 were faster than, milliseconds.
    pub p99_ms: f64,
}
