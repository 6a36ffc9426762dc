//! How far the index is, and waiting for it to get further.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::{Head, JournalError, Watch};

/// How far the index is; shared between the indexer and everyone who waits for it.
pub(super) struct Progress {
    state: Mutex<State>,
    changed: Watch,
}

struct State {
    /// In the order of the shards.
    heads: Vec<Head>,
    end: Option<End>,
}

/// Why the index does not get any further.
enum End {
    Stopped,
    Failed(Arc<JournalError>),
}

impl Progress {
    /// The index is at `heads`.
    pub(super) fn new(heads: Vec<Head>) -> Self {
        Self { state: Mutex::new(State { heads, end: None }), changed: Watch::default() }
    }

    /// Fails once filling has failed.
    pub(super) fn check(&self) -> Result<(), JournalError> {
        self.state.lock().check()
    }

    /// How far the index is.
    pub(super) fn heads(&self) -> Result<Vec<Head>, JournalError> {
        let state = self.state.lock();
        state.check()?;
        Ok(state.heads.clone())
    }

    /// Notes that the index got to `heads`.
    pub(super) fn advance(&self, heads: &[Head]) {
        let mut state = self.state.lock();
        for head in heads {
            if let Some(slot) = state.heads.get_mut(usize::from(head.shard)) {
                *slot = *head;
            }
        }
        drop(state);
        self.changed.notify();
    }

    /// Notes that the index gets no further because of `error`.
    pub(super) fn fail(&self, error: JournalError) {
        self.end(End::Failed(Arc::new(error)));
    }

    /// Notes that nobody fills the index any more; an error noted before stays.
    pub(super) fn stop(&self) {
        self.end(End::Stopped);
    }

    /// Waits until `is_reached`, at most for `timeout`; whether it is.
    pub(super) fn wait_for(
        &self,
        timeout: Duration,
        is_reached: impl Fn() -> Result<bool, JournalError>,
    ) -> Result<bool, JournalError> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            let seen = self.changed.generation();
            if is_reached()? {
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
    fn check(&self) -> Result<(), JournalError> {
        match &self.end {
            Some(End::Failed(error)) => Err(JournalError::IndexFailed { source: error.clone() }),
            Some(End::Stopped) | None => Ok(()),
        }
    }

    fn check_running(&self) -> Result<(), JournalError> {
        match &self.end {
            Some(End::Stopped) => Err(JournalError::IndexStopped),
            Some(End::Failed(_)) | None => self.check(),
        }
    }
}
