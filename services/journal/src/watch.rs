//! Waking those who follow the journal within the process, without polling.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use event_listener::{Event, Listener};

/// A counter that one can wait on, on a thread or in a task. Clones watch the same counter.
///
/// Read [`generation`](Self::generation) first, then the journal, then wait beyond what was read: no change is missed.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    generation: AtomicU64,
    changed: Event,
}

impl Watch {
    /// How often it was notified so far.
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::SeqCst)
    }

    /// Wakes everyone who waits.
    pub fn notify(&self) {
        self.0.generation.fetch_add(1, Ordering::SeqCst);
        self.0.changed.notify(usize::MAX);
    }

    /// Waits on this thread until the generation is above `seen`, at most for `timeout`, and gives the generation then.
    pub fn wait_beyond(&self, seen: u64, timeout: Duration) -> u64 {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            // In this order: whoever notifies after the look finds somebody who listens.
            let changed = self.0.changed.listen();
            let generation = self.generation();
            if generation > seen {
                return generation;
            }
            let is_over = match deadline {
                Some(deadline) => changed.wait_deadline(deadline).is_none(),
                None => {
                    changed.wait();
                    false
                }
            };
            if is_over {
                return self.generation();
            }
        }
    }

    /// Completes once the generation is above `seen`.
    pub async fn beyond(&self, seen: u64) {
        loop {
            let changed = self.0.changed.listen();
            if self.generation() > seen {
                return;
            }
            changed.await;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
        thread,
    };

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

    #[test]
    fn a_task_waits_until_it_is_notified() {
        let watch = Watch::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut waiting = pin!(watch.beyond(0));
        assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
        watch.notify();
        assert_eq!(waiting.as_mut().poll(&mut context), Poll::Ready(()));
    }
}
