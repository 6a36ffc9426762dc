//! What the system tells of a process.

use std::fs;

/// A second has so many ticks, on every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// The memory that a process has at the moment, bytes; 0 if it is gone.
pub fn resident_bytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().split(' ').next()?.parse::<u64>().ok());
    kib.unwrap_or_default().saturating_mul(1024)
}

/// The time of processors that a process has used so far, seconds; 0 if it is gone.
pub fn processor_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name before the bracket may hold anything.
    let Some((_, behind)) = stat.rsplit_once(") ") else { return 0.0 };
    let ticks = behind.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_uses_the_processor() {
        let own = std::process::id();
        assert!(resident_bytes(own) > 100_000);
        let before = processor_seconds(own);
        let mut number = 0_u64;
        while processor_seconds(own) < before + 0.03 {
            number = std::hint::black_box(number.wrapping_add(1));
        }
        assert!(number > 0);
    }

    #[test]
    fn of_a_process_that_is_gone_nothing_is_told() {
        assert_eq!(resident_bytes(u32::MAX), 0);
        assert!(processor_seconds(u32::MAX).abs() < f64::EPSILON);
    }
}
