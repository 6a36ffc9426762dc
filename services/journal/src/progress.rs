//! How far something that follows the journal is, and waiting for it to get further.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::{Head, Positions, Watch};

/// How far a follower of the journal is; shared between it and everyone who waits for it. `E` is its error.
pub struct Progress<E> {
    state: Mutex<State<E>>,
    changed: Watch,
    /// Notified when somebody begins to wait.
    wanted: Watch,
}

struct State<E> {
    /// In the order of the shards.
    heads: Vec<Head>,
    end: Option<Ended<E>>,
    /// How many wait.
    waiting: usize,
}

/// Why a follower does not get any further.
#[derive(Debug)]
pub enum Ended<E> {
    /// It was stopped.
    Stopped,
    /// It met an error.
    Failed(Arc<E>),
}

impl<E> Clone for Ended<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Stopped => Self::Stopped,
            Self::Failed(error) => Self::Failed(error.clone()),
        }
    }
}

impl<E: From<Ended<E>>> Progress<E> {
    /// The follower is at `heads`, in the order of the shards.
    pub fn new(heads: Vec<Head>) -> Self {
        let state = Mutex::new(State { heads, end: None, waiting: 0 });
        Self { state, changed: Watch::default(), wanted: Watch::default() }
    }

    /// Fails once following has failed; that it was stopped is no failure.
    pub fn check(&self) -> Result<(), E> {
        match &self.state.lock().end {
            Some(failed @ Ended::Failed(_)) => Err(failed.clone().into()),
            Some(Ended::Stopped) | None => Ok(()),
        }
    }

    /// How far the follower is, in the order of the shards; also after an end.
    pub fn heads(&self) -> Vec<Head> {
        self.state.lock().heads.clone()
    }

    /// Whether the follower is at or behind all of `wanted`; also after an end.
    pub fn is_at(&self, wanted: &Positions) -> bool {
        let state = self.state.lock();
        wanted.iter().all(|wanted| {
            state.heads.get(usize::from(wanted.shard)).is_some_and(|head| head.position >= wanted.position)
        })
    }

    /// Notes that the follower got to `heads`.
    pub fn advance(&self, heads: impl IntoIterator<Item = Head>) {
        let mut state = self.state.lock();
        for head in heads {
            if let Some(slot) = state.heads.get_mut(usize::from(head.shard)) {
                *slot = head;
            }
        }
        drop(state);
        self.changed.notify();
    }

    /// Notes that the follower gets no further because of `error`.
    pub fn fail(&self, error: E) {
        self.end(Ended::Failed(Arc::new(error)));
    }

    /// Notes that nobody follows any more; an error noted before stays.
    pub fn stop(&self) {
        self.end(Ended::Stopped);
    }

    /// Waits until `is_reached`, at most for `timeout`; whether it is. Fails when it will not come any more.
    pub fn wait_for(&self, timeout: Duration, is_reached: impl Fn() -> Result<bool, E>) -> Result<bool, E> {
        let deadline = Instant::now().checked_add(timeout);
        let mut waiting = None;
        loop {
            let seen = self.changed.generation();
            self.check()?;
            if is_reached()? {
                return Ok(true);
            }
            waiting.get_or_insert_with(|| Waiting::on(self));
            if let Some(ended) = &self.state.lock().end {
                return Err(ended.clone().into());
            }
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(false);
            }
            self.changed.wait_beyond(seen, left);
        }
    }

    /// Waits until the follower is at or behind all of `wanted`, at most for `timeout`; whether it is. Fails when it will not come
    /// there any more.
    pub fn wait_until_at(&self, wanted: &Positions, timeout: Duration) -> Result<bool, E> {
        self.wait_for(timeout, || Ok(self.is_at(wanted)))
    }

    /// Waits until the follower has taken in commit `number` of a shard, at most for `timeout`; whether it has. Fails when it
    /// will not any more.
    pub fn wait_until_commit(&self, shard: u16, number: u64, timeout: Duration) -> Result<bool, E> {
        self.wait_for(timeout, || {
            let state = self.state.lock();
            Ok(state.heads.get(usize::from(shard)).is_some_and(|head| head.commit_number >= number))
        })
    }

    /// Completes once the follower is at or behind all of `wanted`. Fails when it will not come there any more.
    pub async fn reached(&self, wanted: &Positions) -> Result<(), E> {
        let mut waiting = None;
        loop {
            let seen = self.changed.generation();
            self.check()?;
            if self.is_at(wanted) {
                return Ok(());
            }
            waiting.get_or_insert_with(|| Waiting::on(self));
            if let Some(ended) = &self.state.lock().end {
                return Err(ended.clone().into());
            }
            self.changed.beyond(seen).await;
        }
    }

    /// Lets the follower rest, so that it takes on more at one go, which costs less; not while somebody waits for it, and at
    /// most for `at_most`.
    pub fn rest(&self, at_most: Duration) {
        let seen = self.wanted.generation();
        if self.state.lock().waiting == 0 {
            self.wanted.wait_beyond(seen, at_most);
        }
    }

    fn end(&self, end: Ended<E>) {
        self.state.lock().end.get_or_insert(end);
        self.changed.notify();
    }
}

/// Somebody who waits, until dropped.
struct Waiting<'a, E>(&'a Progress<E>);

impl<'a, E> Waiting<'a, E> {
    fn on(progress: &'a Progress<E>) -> Self {
        progress.state.lock().waiting += 1;
        progress.wanted.notify();
        Self(progress)
    }
}

impl<E> Drop for Waiting<'_, E> {
    fn drop(&mut self) {
        self.0.state.lock().waiting -= 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[derive(Debug)]
    struct Problem(Option<Ended<Problem>>);

    impl From<Ended<Problem>> for Problem {
        fn from(ended: Ended<Problem>) -> Self {
            Self(Some(ended))
        }
    }

    fn is_at(progress: &Progress<Problem>, position: u64) -> impl Fn() -> Result<bool, Problem> {
        move || Ok(progress.heads().iter().any(|head| head.position >= position))
    }

    fn head(position: u64) -> Head {
        Head { shard: 0, commit_number: position, position }
    }

    #[test]
    fn whoever_waits_is_woken_by_what_is_waited_for() {
        let progress: Progress<Problem> = Progress::new(vec![head(0)]);
        assert!(progress.wait_for(Duration::ZERO, is_at(&progress, 0)).unwrap());
        assert!(!progress.wait_for(Duration::ZERO, is_at(&progress, 1)).unwrap());
        thread::scope(|scope| {
            let waiter = scope.spawn(|| progress.wait_for(LONG, is_at(&progress, 2)));
            progress.advance([head(1)]);
            progress.advance([head(2)]);
            assert!(waiter.join().unwrap().unwrap());
        });
    }

    #[test]
    fn a_rest_ends_as_soon_as_somebody_waits() {
        let progress: Progress<Problem> = Progress::new(vec![head(0)]);
        progress.rest(Duration::ZERO);
        thread::scope(|scope| {
            // Whichever comes first: the rest, or the wait that ends it.
            let follower = scope.spawn(|| {
                progress.rest(LONG);
                progress.advance([head(1)]);
            });
            assert!(progress.wait_for(LONG, is_at(&progress, 1)).unwrap());
            follower.join().unwrap();
        });
        assert_eq!(progress.state.lock().waiting, 0);
    }

    #[test]
    fn a_failure_is_told_to_all_and_an_end_to_those_who_wait() {
        let stopped = Progress::new(vec![head(1)]);
        stopped.stop();
        assert!(stopped.wait_for(LONG, is_at(&stopped, 1)).unwrap());
        assert!(matches!(stopped.wait_for(LONG, is_at(&stopped, 2)), Err(Problem(Some(Ended::Stopped)))));

        let failed = Progress::new(vec![head(1)]);
        failed.fail(Problem(None));
        failed.stop();
        assert!(matches!(failed.wait_for(LONG, is_at(&failed, 1)), Err(Problem(Some(Ended::Failed(_))))));
        assert!(matches!(failed.check(), Err(Problem(Some(Ended::Failed(_))))));
    }
}
