//! How much memory the server takes on the way.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::{Server, request::Asked};

/// The metric that tells it, of the process that answers.
const METRIC: &str = "process_resident_memory_bytes";
/// How often it is asked for at most, and how many times at most in a run.
const EVERY_MIN: Duration = Duration::from_secs(1);
const TIMES_MAX: u32 = 600;

/// The memory of the server on the way, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Before the first request.
    pub start_bytes: u64,
    /// When half of the time had passed.
    pub middle_bytes: u64,
    /// Behind the last answer.
    pub end_bytes: u64,
    /// The most that was seen.
    pub greatest_bytes: u64,
}

/// What was seen of the memory so far.
#[derive(Debug)]
pub(crate) struct MemoryWatch {
    began: Instant,
    every: Duration,
    seen: Vec<(Duration, u64)>,
}

impl MemoryWatch {
    pub(crate) fn new(lasting: Duration) -> Self {
        Self { began: Instant::now(), every: EVERY_MIN.max(lasting / TIMES_MAX), seen: Vec::new() }
    }

    /// How often to look.
    pub(crate) const fn every(&self) -> Duration {
        self.every
    }

    /// Looks once; what can't be seen leaves a gap.
    pub(crate) async fn look(&mut self, server: &Server) {
        if let Some(bytes) = resident_bytes(server).await {
            self.note(self.began.elapsed(), bytes);
        }
    }

    fn note(&mut self, after: Duration, bytes: u64) {
        self.seen.push((after, bytes));
    }

    /// What was seen; `None` if nothing was.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let (first, last) = (self.seen.first()?, self.seen.last()?);
        let half = (first.0 + last.0) / 2;
        let middle = self.seen.iter().min_by_key(|(after, _)| after.abs_diff(half))?;
        let greatest = self.seen.iter().map(|(_, bytes)| *bytes).max()?;
        Some(Memory { start_bytes: first.1, middle_bytes: middle.1, end_bytes: last.1, greatest_bytes: greatest })
    }
}

async fn resident_bytes(server: &Server) -> Option<u64> {
    let answered = server.ask(&Asked::get("/metrics".to_owned())).await.ok()?;
    read(std::str::from_utf8(&answered.body).ok()?)
}

/// The number in Prometheus' text format.
fn read(metrics: &str) -> Option<u64> {
    let value = metrics.lines().find_map(|line| line.strip_prefix(METRIC)?.strip_prefix(' '))?;
    // It may be written as 1.5e8; a float becomes the nearest whole number there is.
    Some(value.trim().parse::<f64>().ok()? as u64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn the_metric_is_found_among_others() {
        let metrics = "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes 1.5e8\nother 3\n";
        assert_eq!(read(metrics), Some(150_000_000));
        assert_eq!(read("process_resident_memory_bytes_max 7\n"), None);
    }

    #[test]
    fn the_middle_is_where_half_of_the_time_had_passed() {
        let mut watch = MemoryWatch::new(Duration::from_secs(10));
        assert_eq!(watch.memory(), None);
        for (second, bytes) in [(0, 10), (1, 50), (5, 20), (6, 30), (11, 25)] {
            watch.note(Duration::from_secs(second), bytes);
        }
        let expected = Memory { start_bytes: 10, middle_bytes: 20, end_bytes: 25, greatest_bytes: 50 };
        assert_eq!(watch.memory(), Some(expected));
        assert_eq!(MemoryWatch::new(Duration::from_secs(6_000)).every(), Duration::from_secs(10));
    }
}
