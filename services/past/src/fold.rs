//! Folding a licensee up to a moment, from the nearest state that is kept.

use std::ops::ControlFlow;

use contract::event::{StreamEvent, StreamName};
use engine::{snapshot_of, state_in};
use journal::{BLOCK_EVENTS, EventBlock, Position, StreamIndex};
use licensing::{Instant, Licensee, LicenseeId};

use crate::{
    LicenseeThen, Moment, Past, PastError,
    reading::{Counted, Span, Whole, read_span, spans_behind},
};

/// The fewest events between two states that are kept in the index. With more members there are more, so that what is kept
/// stays in proportion to the events.
const EVENTS_BETWEEN_KEPT: u64 = 10 * BLOCK_EVENTS;

/// A licensee that is being folded.
struct Fold<'a> {
    index: &'a dyn StreamIndex,
    licensee: &'a LicenseeId,
    stream: String,
    state: Licensee,
    last: Option<Last>,
}

/// The last event that counted, and the latest time of all that did.
struct Last {
    position: Position,
    effective_at: Instant,
}

impl Past {
    /// A licensee as it was at a moment; `None` before its first event.
    ///
    /// # Errors
    /// When the index can't be read or understood.
    pub fn licensee_at(&self, licensee: &LicenseeId, moment: &Moment) -> Result<Option<LicenseeThen>, PastError> {
        let stream = StreamName::Licensee(licensee.clone()).to_string();
        let blocks = self.index.blocks(&stream)?;
        let whole = Whole::of(&blocks, moment);
        let state = self.state_of_whole(licensee, &stream, whole)?;
        let mut fold = Fold { index: &*self.index, licensee, stream, state, last: None };
        fold.begin_behind(&blocks, whole)?;
        for span in spans_behind(&blocks, whole, moment) {
            if fold.take(span, moment)?.is_break() {
                break;
            }
        }
        Ok(fold.finish())
    }

    /// The state that the whole part of a stream comes to.
    fn state_of_whole(&self, licensee: &LicenseeId, stream: &str, whole: Whole) -> Result<Licensee, PastError> {
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
        let in_index = self.index.past_state(stream, whole.version)?.as_ref().and_then(state_in);
        let kept_version = in_index.as_ref().map_or(0, Licensee::version);
        let nearest = in_memory.into_iter().chain(in_index).max_by_key(Licensee::version);
        let mut keeper = Keeper { index: &*self.index, stream, kept_version };
        let state = nearest.unwrap_or_default();
        let mut fold = Fold { index: &*self.index, licensee, stream: stream.to_owned(), state, last: None };
        while fold.state.version() < whole.version {
            let after = fold.state.version();
            let last = after.saturating_add(EVENTS_BETWEEN_KEPT).min(whole.version);
            if fold.take(Span { after, last: Some(last) }, &Moment::default())?.is_break()
                || fold.state.version() == after
            {
                break;
            }
            keeper.keep_if_due(&fold.state);
        }
        Ok(fold.state)
    }
}

impl Fold<'_> {
    /// Takes in what counts of a span.
    fn take(&mut self, span: Span, moment: &Moment) -> Result<ControlFlow<()>, PastError> {
        let (state, last) = (&mut self.state, &mut self.last);
        read_span(self.index, &self.stream, span, moment, |counted| {
            let Counted { event, position, effective_at } = counted;
            if let StreamEvent::Licensee { event, .. } = event {
                state.evolve(&event, effective_at);
            }
            let latest = last.as_ref().map_or(effective_at, |last| last.effective_at.max(effective_at));
            *last = Some(Last { position, effective_at: latest });
        })
    }

    /// Takes note of where the whole part, which is folded, ends.
    fn begin_behind(&mut self, blocks: &[EventBlock], whole: Whole) -> Result<(), PastError> {
        let Some(latest) = blocks.iter().take(whole.blocks).map(|block| block.effective_max).max() else {
            return Ok(());
        };
        let found = self.index.stream(&self.stream, whole.version.saturating_sub(1), 1)?;
        self.last = found.first().map(|stored| Last { position: stored.position, effective_at: latest });
        Ok(())
    }

    fn finish(self) -> Option<LicenseeThen> {
        let Last { position, effective_at } = self.last?;
        Some(LicenseeThen {
            licensee: self.licensee.clone(),
            state: self.state,
            position,
            last_effective_at: effective_at,
        })
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
