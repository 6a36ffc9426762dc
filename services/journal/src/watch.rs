//! Waking those who follow the journal within the process, without polling.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

/// A counter that one can wait on. Clones watch the same counter.
///
/// Read [`generation`](Self::generation) first, then the journal, then wait beyond what was read: no change is missed.
/// The waits block; from asynchronous code call them on a blocking thread.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    generation: Mutex<u64>,
    changed: Condvar,
}

impl Watch {
    /// How often it was notified so far.
    pub fn generation(&self) -> u64 {
        *self.0.generation.lock()
    }

    /// Wakes everyone who waits.
    pub fn notify(&self) {
        *self.0.generation.lock() += 1;
        self.0.changed.notify_all();
    }

    /// Waits until the generation is above `seen`, at most for `timeout`, and gives the generation then.
    pub fn wait_beyond(&self, seen: u64, timeout: Duration) -> u64 {
        let deadline = Instant::now().checked_add(timeout);
        let mut generation = self.0.generation.lock();
        while *generation <= seen {
            match deadline {
                Some(deadline) if self.0.changed.wait_until(&mut generation, deadline).timed_out() => break,
                Some(_) => {}
                None => self.0.changed.wait(&mut generation),
            }
        }
        *generation
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_notification_before_the_wait_is_not_missed() {
        let watch = Watch::default();
        let seen = watch.generation();
        watch.notify();
        assert_eq!(watch.wait_beyond(seen, LONG), seen + 1);
    }

    #[test]
    fn a_notification_wakes_all_who_wait() {
        let watch = Watch::default();
        let seen = watch.generation();
        let waiters: Vec<_> = (0..4)
            .map(|_| {
                let watch = watch.clone();
                thread::spawn(move || watch.wait_beyond(seen, LONG))
            })
            .collect();
        watch.notify();
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap() == seen + 1));
    }

    #[test]
    fn without_a_notification_the_wait_ends_at_its_timeout() {
        let watch = Watch::default();
        assert_eq!(watch.wait_beyond(0, Duration::from_millis(1)), 0);
    }
}
