//! Finding the events of a page, of however many there are: what is asked for decides where is looked, and how far.

use contract::event::is_personal;
use journal::{EventBlock, HistoryFilter, JournalError, StoredEvent, StreamIndex};

/// How many events are looked at for one page that wants only some types or times.
const LOOKS_MAX: u64 = 20_000;

/// The events of a page.
pub(super) struct Found {
    pub(super) items: Vec<StoredEvent>,
    /// The version behind which the next page begins, in the order that is wanted; `None` at the end.
    pub(super) next: Option<u64>,
}

/// Versions that follow each other, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    first: u64,
    last: u64,
}

/// The events of a page.
pub(super) fn found(index: &dyn StreamIndex, stream: &str, filter: &HistoryFilter) -> Result<Found, JournalError> {
    let is_of_types = !filter.types.is_empty();
    // Of what was sold there is little, and it is found without the rest.
    if is_of_types && !filter.types.iter().any(|name| is_personal(name)) {
        return Ok(whole(index.history_about(stream, "", filter)?));
    }
    if !is_of_types && filter.from.is_none() && filter.to.is_none() {
        return Ok(whole(index.history(stream, filter)?));
    }
    let Some(head) = index.stream_head(stream)? else { return Ok(Found { items: Vec::new(), next: None }) };
    let mut spans = spans(&index.blocks(stream)?, head.version, filter);
    if filter.newest_first {
        spans.reverse();
    }
    look_along(&spans, filter, |filter| index.history(stream, filter))
}

fn whole(page: journal::Page) -> Found {
    let next = page.items.last().map(|last| last.event.version).filter(|_| page.more);
    Found { items: page.items, next }
}

/// Where events of the time that is wanted may lie, in order: between the first and the last block that has any, and behind
/// the last block.
fn spans(blocks: &[EventBlock], head: u64, filter: &HistoryFilter) -> Vec<Span> {
    let may_have_some = |block: &&EventBlock| {
        filter.from.is_none_or(|from| block.effective_max >= from)
            && filter.to.is_none_or(|to| block.effective_min < to)
    };
    let first = blocks.iter().position(|block| may_have_some(&block));
    let last = blocks.iter().rev().find(may_have_some).map(|block| block.last_version);
    let before_first = first.map(|first| first.checked_sub(1).and_then(|before| blocks.get(before)));
    let of_blocks = before_first
        .zip(last)
        .map(|(before, last)| Span { first: before.map_or(0, |before| before.last_version).saturating_add(1), last });
    let behind = Span { first: blocks.last().map_or(0, |block| block.last_version).saturating_add(1), last: head };
    let all = of_blocks.into_iter().chain([behind]);
    all.filter_map(|span| span.beyond(filter.after_version, filter.newest_first)).collect()
}

impl Span {
    /// What of it lies beyond a version in the order that is wanted; 0 for all.
    fn beyond(self, after: u64, newest_first: bool) -> Option<Self> {
        let cut = match (newest_first, after) {
            (_, 0) => self,
            (false, after) => Self { first: self.first.max(after.saturating_add(1)), ..self },
            (true, before) => Self { last: self.last.min(before.saturating_sub(1)), ..self },
        };
        (cut.first <= cut.last).then_some(cut)
    }

    const fn events(self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// So many events of it, from the end that comes first.
    fn beginning(self, events: u64, newest_first: bool) -> Self {
        let beyond = events.saturating_sub(1);
        if newest_first {
            Self { first: self.first.max(self.last.saturating_sub(beyond)), ..self }
        } else {
            Self { last: self.last.min(self.first.saturating_add(beyond)), ..self }
        }
    }
}

/// Looks along spans until the page is full or so many events were looked at.
fn look_along(
    spans: &[Span],
    filter: &HistoryFilter,
    read: impl Fn(&HistoryFilter) -> Result<journal::Page, JournalError>,
) -> Result<Found, JournalError> {
    let (mut items, mut looks_left, mut looked_up_to) = (Vec::new(), LOOKS_MAX, None);
    for span in spans {
        if looks_left == 0 {
            return Ok(Found { items, next: looked_up_to });
        }
        let some = span.beginning(looks_left, filter.newest_first);
        looks_left = looks_left.saturating_sub(some.events());
        let limit = filter.limit.saturating_sub(items.len());
        let page = read(&HistoryFilter {
            version_min: some.first,
            version_max: Some(some.last),
            after_version: 0,
            limit,
            ..filter.clone()
        })?;
        items.extend(page.items);
        if page.more {
            let next = items.last().map(|last: &StoredEvent| last.event.version);
            return Ok(Found { items, next });
        }
        let end = if filter.newest_first { some.first } else { some.last };
        if some != *span {
            return Ok(Found { items, next: Some(end) });
        }
        looked_up_to = Some(end);
    }
    Ok(Found { items, next: None })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use licensing::Instant;

    use super::*;

    fn at(second: i64) -> Instant {
        Instant::from_timestamp(second, 0).unwrap()
    }

    /// Blocks by their first and last effective time, in seconds.
    fn blocks(times: &[(i64, i64)]) -> Vec<EventBlock> {
        let block = |(number, (first, last)): (u64, &(i64, i64))| EventBlock {
            last_version: number * 1_000,
            effective_min: at(*first),
            effective_max: at(*last),
            recorded_max: at(*last),
        };
        (1..).zip(times).map(block).collect()
    }

    fn filter() -> HistoryFilter {
        HistoryFilter { limit: 10, ..HistoryFilter::default() }
    }

    fn span(first: u64, last: u64) -> Span {
        Span { first, last }
    }

    #[test]
    fn of_a_time_only_the_blocks_that_may_have_it_and_the_end_are_looked_at() {
        let blocks = blocks(&[(0, 10), (10, 20), (20, 30), (30, 40)]);
        let of = |from: Option<i64>, to: Option<i64>| {
            spans(&blocks, 4_500, &HistoryFilter { from: from.map(at), to: to.map(at), ..filter() })
        };
        assert_eq!(of(None, None), [span(1, 4_000), span(4_001, 4_500)]);
        assert_eq!(of(Some(15), Some(25)), [span(1_001, 3_000), span(4_001, 4_500)]);
        assert_eq!(of(Some(50), None), [span(4_001, 4_500)]);
        assert_eq!(of(None, Some(0)), [span(4_001, 4_500)]);
        let behind = HistoryFilter { after_version: 2_500, from: Some(at(15)), ..filter() };
        assert_eq!(spans(&blocks, 4_500, &behind), [span(2_501, 4_000), span(4_001, 4_500)]);
        let before = HistoryFilter { newest_first: true, ..behind };
        assert_eq!(spans(&blocks, 4_500, &before), [span(1_001, 2_499)]);
        assert_eq!(spans(&[], 7, &filter()), [span(1, 7)]);
    }

    #[test]
    fn a_page_ends_behind_so_many_that_were_looked_at_and_the_next_one_goes_on_there() {
        let nobody = |_: &HistoryFilter| Ok(journal::Page { items: Vec::new(), more: false });
        let all = [span(1, 50_000)];
        let next = |spans: &[Span], newest_first| {
            look_along(spans, &HistoryFilter { newest_first, ..filter() }, nobody).unwrap().next
        };
        assert_eq!(next(&all, false), Some(20_000));
        assert_eq!(next(&[span(20_001, 50_000)], false), Some(40_000));
        assert_eq!(next(&[span(40_001, 50_000)], false), None);
        assert_eq!(next(&all, true), Some(30_001));
        assert_eq!(next(&[span(1, 20_000)], true), None);
        assert_eq!(next(&[span(1, 20_000), span(30_000, 30_001)], false), Some(20_000));
        assert_eq!(next(&[span(1, 19_999), span(30_000, 30_001)], false), Some(30_000));
    }
}
