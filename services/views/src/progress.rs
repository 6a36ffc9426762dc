//! How far the views are, and waiting for them to get further.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use journal::{Head, Positions, Watch};
use parking_lot::Mutex;

use crate::error::ViewsError;

/// How far the views are; shared between the follower and everyone who waits for it.
pub(crate) struct Progress {
    state: Mutex<State>,
    changed: Watch,
}

struct State {
    /// In the order of the shards.
    heads: Vec<Head>,
    end: Option<End>,
}

/// Why the views do not get any further.
enum End {
    Stopped,
    Failed(Arc<ViewsError>),
}

impl Progress {
    /// The views are at `heads`.
    pub(crate) fn new(heads: Vec<Head>) -> Self {
        Self { state: Mutex::new(State { heads, end: None }), changed: Watch::default() }
    }

    /// Fails once feeding has failed.
    pub(crate) fn check(&self) -> Result<(), ViewsError> {
        self.state.lock().check()
    }

    /// How far the views are, in the order of the shards.
    pub(crate) fn heads(&self) -> Vec<Head> {
        self.state.lock().heads.clone()
    }

    /// How far the views are, as callers know it.
    pub(crate) fn positions(&self) -> Positions {
        self.state.lock().heads.iter().copied().collect()
    }

    /// Notes that the views got to `heads`.
    pub(crate) fn advance(&self, heads: impl Iterator<Item = Head>) {
        let mut state = self.state.lock();
        for head in heads {
            if let Some(slot) = state.heads.get_mut(usize::from(head.shard)) {
                *slot = head;
            }
        }
        drop(state);
        self.changed.notify();
    }

    /// Notes that the views get no further because of `error`.
    pub(crate) fn fail(&self, error: ViewsError) {
        self.end(End::Failed(Arc::new(error)));
    }

    /// Notes that nobody feeds the views any more; an error noted before stays.
    pub(crate) fn stop(&self) {
        self.end(End::Stopped);
    }

    /// Waits until the views cover `wanted`, at most for `timeout`; whether they do.
    pub(crate) fn wait_for(&self, wanted: &Positions, timeout: Duration) -> Result<bool, ViewsError> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            let seen = self.changed.generation();
            self.check()?;
            if self.positions().cover(wanted) {
                return Ok(true);
            }
            self.state.lock().check_running()?;
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(false);
            }
            self.changed.wait_beyond(seen, left);
        }
    }

    fn end(&self, end: End) {
        self.state.lock().end.get_or_insert(end);
        self.changed.notify();
    }
}

impl State {
    fn check(&self) -> Result<(), ViewsError> {
        match &self.end {
            Some(End::Failed(error)) => Err(ViewsError::FollowerFailed(error.clone())),
            Some(End::Stopped) | None => Ok(()),
        }
    }

    fn check_running(&self) -> Result<(), ViewsError> {
        match &self.end {
            Some(End::Stopped) => Err(ViewsError::FollowerStopped),
            Some(End::Failed(_)) | None => self.check(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn head(position: u64) -> Head {
        Head { shard: 0, commit_number: position, position }
    }

    fn positions(text: &str) -> Positions {
        text.parse().unwrap()
    }

    #[test]
    fn whoever_waits_is_woken_by_the_position_that_covers() {
        let progress = Progress::new(vec![head(0)]);
        assert!(progress.wait_for(&positions("0-0"), Duration::ZERO).unwrap());
        assert!(!progress.wait_for(&positions("0-1"), Duration::ZERO).unwrap());
        thread::scope(|scope| {
            let waiter = scope.spawn(|| progress.wait_for(&positions("0-2"), LONG));
            progress.advance([head(1)].into_iter());
            progress.advance([head(2)].into_iter());
            assert!(waiter.join().unwrap().unwrap());
        });
    }

    #[test]
    fn a_failure_is_told_to_all_and_an_end_to_those_who_wait() {
        let stopped = Progress::new(vec![head(1)]);
        stopped.stop();
        assert!(stopped.wait_for(&positions("0-1"), LONG).unwrap());
        assert!(matches!(stopped.wait_for(&positions("0-2"), LONG), Err(ViewsError::FollowerStopped)));

        let failed = Progress::new(vec![head(1)]);
        failed.fail(ViewsError::InvalidCursor);
        failed.stop();
        assert!(matches!(failed.wait_for(&positions("0-1"), LONG), Err(ViewsError::FollowerFailed(_))));
        assert!(matches!(failed.check(), Err(ViewsError::FollowerFailed(_))));
    }
}
