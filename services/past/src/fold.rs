//! Folding a licensee's account up to a moment, from the nearest one that the index keeps.

use std::ops::ControlFlow;

use contract::event::{StreamEvent, licensee_stream};
use engine::account_in;
use journal::{EventBlock, Position, StreamIndex};
use licensing::{Account, Event, Instant, Licensee, LicenseeId};

use crate::{
    LicenseeThen, Moment, Past, PastError,
    reading::{Counted, Span, Whole, read_span, spans_behind},
};

/// What events of a licensee are folded to.
pub(crate) trait Folded {
    /// How many events made it.
    fn version(&self) -> u64;
    /// Folds an event that took effect at `at`.
    fn evolve(&mut self, event: &Event, at: Instant);
}

impl Folded for Account {
    fn version(&self) -> u64 {
        self.version()
    }

    fn evolve(&mut self, event: &Event, at: Instant) {
        self.evolve(event, at);
    }
}

impl Folded for Licensee {
    fn version(&self) -> u64 {
        self.version()
    }

    fn evolve(&mut self, event: &Event, at: Instant) {
        self.evolve(event, at);
    }
}

/// A licensee that is being folded.
pub(crate) struct Fold<'a, S> {
    pub(crate) index: &'a dyn StreamIndex,
    pub(crate) stream: &'a str,
    pub(crate) state: S,
    pub(crate) last: Option<Last>,
}

/// The last event that counted, and the latest time of all that did.
pub(crate) struct Last {
    version: u64,
    position: Position,
    effective_at: Instant,
}

impl Past {
    /// A licensee as it was at a moment; `None` before its first event.
    ///
    /// # Errors
    /// When the index can't be read or understood.
    pub fn licensee_at(&self, licensee: &LicenseeId, moment: &Moment) -> Result<Option<LicenseeThen>, PastError> {
        let stream = licensee_stream(licensee);
        let blocks = self.sources.index.blocks(&stream)?;
        let whole = Whole::of(&blocks, moment);
        let latest = blocks.iter().take(whole.blocks).map(|block| block.effective_max).max();
        let last = self.end_of_whole(&stream, whole)?.zip(latest).map(|(position, effective_at)| Last {
            version: whole.version,
            position,
            effective_at,
        });
        let state = self.account_of_whole(&stream, &blocks, whole)?;
        let mut fold = Fold { index: &*self.sources.index, stream: &stream, state, last };
        for span in spans_behind(&blocks, whole, moment) {
            if fold.take(span, moment)?.is_break() {
                break;
            }
        }
        let Fold { state: account, last, .. } = fold;
        Ok(last.map(|Last { version, position, effective_at }| LicenseeThen {
            licensee: licensee.clone(),
            account,
            version,
            position,
            last_effective_at: effective_at,
        }))
    }

    /// Where the last event of the whole part of a stream lies; `None` of nothing.
    pub(crate) fn end_of_whole(&self, stream: &str, whole: Whole) -> Result<Option<Position>, PastError> {
        let Some(before) = whole.version.checked_sub(1) else { return Ok(None) };
        Ok(self.sources.index.stream(stream, before, 1)?.first().map(|stored| stored.position))
    }

    /// The account that the whole part of a stream comes to. The index keeps the one behind each block.
    fn account_of_whole(&self, stream: &str, blocks: &[EventBlock], whole: Whole) -> Result<Account, PastError> {
        let kept = self.sources.index.block_states(stream, &[whole.version])?;
        if let Some(account) = kept.first().and_then(account_in) {
            return Ok(account);
        }
        // Before the first block, on top of an index that ends before, or behind what another program kept.
        let before: Vec<u64> = blocks.iter().take(whole.blocks).map(|block| block.last_version).collect();
        let kept = self.sources.index.block_states(stream, &before)?;
        let state = kept.iter().rev().find_map(account_in).unwrap_or_default();
        let mut fold = Fold { index: &*self.sources.index, stream, state, last: None };
        fold.take_all_up_to(whole.version)?;
        Ok(fold.state)
    }

    /// The account of a licensee behind each of some blocks of its events, with the time by which all of the block had taken
    /// effect; in order. Those that another program kept are left out.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn accounts_behind(
        &self,
        licensee: &LicenseeId,
        blocks: &[EventBlock],
    ) -> Result<Vec<(Instant, Account)>, PastError> {
        let stream = licensee_stream(licensee);
        let versions: Vec<u64> = blocks.iter().map(|block| block.last_version).collect();
        let kept = self.sources.index.block_states(&stream, &versions)?;
        let at = |version| blocks.iter().find(|block| block.last_version == version).map(|block| block.effective_max);
        Ok(kept.iter().filter_map(|state| Some((at(state.version)?, account_in(state)?))).collect())
    }
}

impl<S: Folded> Fold<'_, S> {
    /// Takes in what counts of a span.
    pub(crate) fn take(&mut self, span: Span, moment: &Moment) -> Result<ControlFlow<()>, PastError> {
        let (state, last) = (&mut self.state, &mut self.last);
        read_span(self.index, self.stream, span, moment, |counted| {
            let Counted { event, version, position, effective_at } = counted;
            if let StreamEvent::Licensee { event, .. } = event {
                state.evolve(&event, effective_at);
            }
            let latest = last.as_ref().map_or(effective_at, |last| last.effective_at.max(effective_at));
            *last = Some(Last { version, position, effective_at: latest });
        })
    }

    /// Takes in everything up to a version.
    pub(crate) fn take_all_up_to(&mut self, version: u64) -> Result<(), PastError> {
        let after = self.state.version();
        if after < version {
            // That knowledge ends somewhere is no concern here: all of it counts.
            let _ = self.take(Span { after, last: Some(version) }, &Moment::default())?;
        }
        Ok(())
    }
}
