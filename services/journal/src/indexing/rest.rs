//! How an indexer shares the machine with those who decide.

use std::time::Duration;

/// The shortest rest: a few large transactions cost less than many small ones.
const REST_MIN: Duration = Duration::from_millis(20);
/// The longest one: what is not indexed is kept in memory until it is.
const REST_MAX: Duration = Duration::from_millis(500);
/// How many times as long as it worked an indexer rests.
const REST_TIMES_WORK: u32 = 2;
/// With so many records to be indexed it does not rest: half of what writers wait for.
const LAG_RECORDS_MAX: u64 = 100_000;

/// How long to rest behind a transaction that took so long, with so many records left to be indexed, unless somebody waits
/// for the index. While many commands come, they come first.
pub(crate) fn rest_after(work: Duration, lag_records: u64) -> Duration {
    if lag_records >= LAG_RECORDS_MAX {
        return Duration::ZERO;
    }
    work.saturating_mul(REST_TIMES_WORK).clamp(REST_MIN, REST_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_works_long_rests_long_within_bounds() {
        assert_eq!(rest_after(Duration::ZERO, 0), REST_MIN);
        assert_eq!(rest_after(Duration::from_millis(100), 0), Duration::from_millis(200));
        assert_eq!(rest_after(Duration::from_secs(9), 0), REST_MAX);
    }

    #[test]
    fn nobody_rests_who_is_far_behind() {
        assert_eq!(rest_after(Duration::from_secs(9), LAG_RECORDS_MAX), Duration::ZERO);
    }
}
