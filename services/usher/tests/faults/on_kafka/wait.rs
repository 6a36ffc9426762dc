//! Waiting for a condition, not for a time.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Looks until it is so, and gives what is there then. `look` says what is still missing.
///
/// # Panics
/// When it is not so within the time.
pub fn wait_for<T>(what: &str, within: Duration, mut look: impl FnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        match look() {
            Ok(found) => {
                // For whoever reads why a test failed, or took long.
                eprintln!("waited {:.1} s for {what}", began.elapsed().as_secs_f64());
                return found;
            }
            Err(missing) => assert!(began.elapsed() < within, "after {within:?}, still waiting for {what}: {missing}"),
        }
        thread::sleep(LOOK_EVERY);
    }
}
