//! Licensees with all of their members, for whoever holds the one state against another: folded from the nearest one that is
//! kept.

use engine::{snapshot_of, state_in};
use journal::{BLOCK_EVENTS, StreamIndex};
use licensing::{Licensee, LicenseeId};

use crate::{Past, PastError, fold::Fold, reading::Whole};

/// The fewest events between two states that are kept in the index. With more members there are more, so that what is kept
/// stays in proportion to the events.
const EVENTS_BETWEEN_KEPT: u64 = 10 * BLOCK_EVENTS;

impl Past {
    /// The state that the whole part of a stream comes to.
    pub(crate) fn state_of_whole(
        &self,
        licensee: &LicenseeId,
        stream: &str,
        whole: Whole,
    ) -> Result<Licensee, PastError> {
        if whole.version == 0 {
            return Ok(Licensee::default());
        }
        if let Some(state) = self.kept_in_memory(licensee, whole) {
            return Ok(state);
        }
        let _one_at_a_time = self.long_fold.lock();
        // Whoever had it before may have folded the same.
        if let Some(state) = self.kept_in_memory(licensee, whole) {
            return Ok(state);
        }
        let state = self.fold_whole(licensee, stream, whole)?;
        self.states.keep(licensee, &state);
        Ok(state)
    }

    fn kept_in_memory(&self, licensee: &LicenseeId, whole: Whole) -> Option<Licensee> {
        self.states.latest(licensee, whole.version).filter(|state| state.version() == whole.version)
    }

    /// Folds the whole part of a stream, and keeps states on the way.
    fn fold_whole(&self, licensee: &LicenseeId, stream: &str, whole: Whole) -> Result<Licensee, PastError> {
        let in_memory = self.states.latest(licensee, whole.version);
        let in_index = self.sources.index.past_state(stream, whole.version)?.as_ref().and_then(state_in);
        let kept_version = in_index.as_ref().map_or(0, Licensee::version);
        let nearest = in_memory.into_iter().chain(in_index).max_by_key(Licensee::version);
        let mut keeper = Keeper { index: &*self.sources.index, stream, kept_version };
        let mut fold = Fold { index: &*self.sources.index, stream, state: nearest.unwrap_or_default(), last: None };
        while fold.state.version() < whole.version {
            let after = fold.state.version();
            fold.take_all_up_to(after.saturating_add(EVENTS_BETWEEN_KEPT).min(whole.version))?;
            if fold.state.version() == after {
                break;
            }
            keeper.keep_if_due(&fold.state);
        }
        Ok(fold.state)
    }
}

/// Keeps states in the index, for whoever reads a moment behind them later.
struct Keeper<'a> {
    index: &'a dyn StreamIndex,
    stream: &'a str,
    /// The version of the last one that is kept.
    kept_version: u64,
}

impl Keeper<'_> {
    /// A state is worth keeping when as many events are new as it takes to write its members once more.
    fn keep_if_due(&mut self, state: &Licensee) {
        let members = u64::from(state.account().members());
        let new_events = state.version().saturating_sub(self.kept_version);
        if new_events < EVENTS_BETWEEN_KEPT.max(members) {
            return;
        }
        self.kept_version = state.version();
        if let Err(error) = self.keep(state) {
            tracing::warn!(error = &*error, stream = self.stream, "a past state could not be kept");
        }
    }

    fn keep(&self, state: &Licensee) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.index.put_past_state(self.stream, &snapshot_of(state)?)?)
    }
}
