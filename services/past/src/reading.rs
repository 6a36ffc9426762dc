//! Which events of a stream count at a moment, and reading those.

use std::ops::ControlFlow;

use contract::event::{StreamEvent, decode_recorded};
use journal::{EventBlock, Moment, Position, StoredEvent, StreamIndex};
use licensing::Instant;

use crate::PastError;

/// How many events are read at one go.
const EVENTS_AT_ONCE: u64 = 10_000;

/// An event that counts.
pub(crate) struct Counted {
    pub(crate) event: StreamEvent,
    pub(crate) version: u64,
    pub(crate) position: Position,
    pub(crate) effective_at: Instant,
}

/// The part of a stream, from its first event on, that counts in full at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Whole {
    /// The version of its last event; 0 for nothing.
    pub(crate) version: u64,
    /// How many blocks it has.
    pub(crate) blocks: usize,
}

impl Whole {
    /// As many of the blocks, from the first on, as took effect and were known by the moment.
    pub(crate) fn of(blocks: &[EventBlock], moment: &Moment) -> Self {
        let counts =
            |block: &&EventBlock| moment.has_in_effect(block.effective_max) && moment.knows(block.recorded_max);
        let whole = blocks.iter().take_while(counts).count();
        let version = whole.checked_sub(1).and_then(|last| blocks.get(last)).map_or(0, |block| block.last_version);
        Self { version, blocks: whole }
    }
}

/// Versions that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The version before the first.
    pub(crate) after: u64,
    /// The last version; `None` for the end of the stream.
    pub(crate) last: Option<u64>,
}

/// The spans behind the whole part in which events may count, in order.
///
/// Effective times mostly grow, so the blocks behind the moment are passed over by their bounds. Where the first event lies
/// that was not known yet, knowledge ends: what follows it was decided on it.
pub(crate) fn spans_behind(blocks: &[EventBlock], whole: Whole, moment: &Moment) -> Vec<Span> {
    let (mut spans, mut after) = (Vec::new(), whole.version);
    for block in blocks.iter().skip(whole.blocks) {
        let may_count = moment.has_in_effect(block.effective_min);
        if may_count {
            spans.push(Span { after, last: Some(block.last_version) });
        }
        if !moment.knows(block.recorded_max) {
            return spans;
        }
        after = block.last_version;
    }
    spans.push(Span { after, last: None });
    spans
}

/// Reads the events of a span that count, in order; breaks off where those begin that were not known yet.
pub(crate) fn read_span(
    index: &dyn StreamIndex,
    stream: &str,
    span: Span,
    moment: &Moment,
    mut visit: impl FnMut(Counted),
) -> Result<ControlFlow<()>, PastError> {
    read_stored(index, stream, span, moment, |stored| {
        visit(counted(stream, stored)?);
        Ok(())
    })
}

/// As [`read_span`], of the events as they are stored.
pub(crate) fn read_stored<E: From<PastError>>(
    index: &dyn StreamIndex,
    stream: &str,
    span: Span,
    moment: &Moment,
    mut visit: impl FnMut(StoredEvent) -> Result<(), E>,
) -> Result<ControlFlow<()>, E> {
    let mut after = span.after;
    loop {
        let left = span.last.map_or(EVENTS_AT_ONCE, |last| last.saturating_sub(after));
        let wanted = usize::try_from(left.min(EVENTS_AT_ONCE)).unwrap_or(usize::MAX);
        let page =
            if wanted == 0 { Vec::new() } else { index.stream(stream, after, wanted).map_err(PastError::from)? };
        let Some(last) = page.last() else { return Ok(ControlFlow::Continue(())) };
        after = last.event.version;
        for stored in page {
            if !moment.knows(instant(stored.event.recorded_at_us)) {
                return Ok(ControlFlow::Break(()));
            }
            if moment.has_in_effect(instant(stored.event.effective_at_us)) {
                visit(stored)?;
            }
        }
    }
}

fn counted(stream: &str, StoredEvent { position, event }: StoredEvent) -> Result<Counted, PastError> {
    let version = event.version;
    let decoded =
        decode_recorded(&event).map_err(|source| PastError::Event { stream: stream.to_owned(), version, source })?;
    Ok(Counted { event: decoded, version, position, effective_at: instant(event.effective_at_us) })
}

/// Every store gives instants that it took from instants.
pub(crate) fn instant(micros: i64) -> Instant {
    Instant::from_timestamp_micros(micros).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn at(second: i64) -> Instant {
        Instant::from_timestamp(second, 0).unwrap()
    }

    /// Blocks by their first and last effective and their last recorded time, in seconds.
    fn blocks(times: &[(i64, i64, i64)]) -> Vec<EventBlock> {
        let block = |(number, (effective_min, effective_max, recorded_max)): (u64, &(i64, i64, i64))| EventBlock {
            last_version: number * 1_000,
            effective_min: at(*effective_min),
            effective_max: at(*effective_max),
            recorded_max: at(*recorded_max),
        };
        (1..).zip(times).map(block).collect()
    }

    fn reads(times: &[(i64, i64, i64)], moment: Moment) -> (u64, Vec<(u64, Option<u64>)>) {
        let blocks = blocks(times);
        let whole = Whole::of(&blocks, &moment);
        let spans = spans_behind(&blocks, whole, &moment).into_iter().map(|span| (span.after, span.last));
        (whole.version, spans.collect())
    }

    #[test]
    fn of_a_stream_whose_times_grow_one_block_and_the_end_are_read_event_by_event() {
        let times = [(0, 10, 100), (10, 20, 110), (20, 30, 120), (30, 40, 130)];
        assert_eq!(reads(&times, Moment::of(at(25))), (2_000, vec![(2_000, Some(3_000)), (4_000, None)]));
        assert_eq!(reads(&times, Moment::of(at(40))), (4_000, vec![(4_000, None)]));
        assert_eq!(reads(&times, Moment::of(at(-1))), (0, vec![(4_000, None)]));
        assert_eq!(reads(&times, Moment::known_at(at(115))), (2_000, vec![(2_000, Some(3_000))]));
        assert_eq!(reads(&times, Moment::default()), (4_000, vec![(4_000, None)]));
        let both = Moment { as_of: Some(at(15)), as_known_at: Some(at(125)) };
        assert_eq!(reads(&times, both), (1_000, vec![(1_000, Some(2_000))]));
    }

    #[test]
    fn where_an_effective_time_goes_back_its_block_is_read_too() {
        let times = [(0, 10, 100), (10, 20, 110), (5, 30, 120), (30, 40, 130)];
        let spans = vec![(1_000, Some(2_000)), (2_000, Some(3_000)), (4_000, None)];
        assert_eq!(reads(&times, Moment::of(at(12))), (1_000, spans));
    }

    #[test]
    fn where_a_recorded_time_goes_back_knowledge_ends_before_what_was_not_known() {
        let times = [(0, 10, 100), (10, 20, 130), (20, 30, 120)];
        assert_eq!(reads(&times, Moment::known_at(at(125))), (1_000, vec![(1_000, Some(2_000))]));
    }
}
