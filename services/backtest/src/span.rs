//! Times in which both courses differ.

use std::collections::BTreeMap;

use licensing::Instant;

use crate::Span;

/// The most differences of one kind that are told of a licensee; the others are counted.
const TOLD_MAX: usize = 10_000;

/// Counts differences by what they are, also those that are not told.
pub(crate) trait Tally<V>: Default {
    /// One more.
    fn count(&mut self, difference: &V);
}

impl<V> Tally<V> for () {
    fn count(&mut self, _difference: &V) {}
}

/// Differences about things that are told from each other by `K`, each of a kind `V`, with their times.
pub(crate) struct Spans<K, V, T = ()> {
    open: BTreeMap<K, (Instant, V)>,
    told: Vec<(K, V, Span)>,
    left_out: u64,
    tally: T,
}

impl<K, V, T: Default> Default for Spans<K, V, T> {
    fn default() -> Self {
        Self { open: BTreeMap::new(), told: Vec::new(), left_out: 0, tally: T::default() }
    }
}

/// Differences that are over, or last to the end.
pub(crate) struct Told<K, V, T> {
    pub(crate) told: Vec<(K, V, Span)>,
    pub(crate) left_out: u64,
    pub(crate) tally: T,
}

impl<K: Ord + Clone, V: PartialEq + Clone, T: Tally<V>> Spans<K, V, T> {
    /// From `at` on there is this difference about a thing, or none. One that stays goes on.
    pub(crate) fn set(&mut self, key: K, difference: Option<V>, at: Instant) {
        if let Some((_, before)) = self.open.get(&key) {
            if Some(before) == difference.as_ref() {
                return;
            }
            self.close(&key, at);
        }
        if let Some(difference) = difference {
            self.open.insert(key, (at, difference));
        }
    }

    /// The difference about a thing as it is now.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.open.get(key).map(|(_, difference)| difference)
    }

    fn close(&mut self, key: &K, at: Instant) {
        let Some((from, difference)) = self.open.remove(key) else { return };
        // What was so for no time at all was never so.
        if from < at {
            self.tell(key.clone(), difference, Span { from, until: Some(at) });
        }
    }

    fn tell(&mut self, key: K, difference: V, span: Span) {
        self.tally.count(&difference);
        if self.told.len() < TOLD_MAX {
            self.told.push((key, difference, span));
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// All of them, in the order of their beginnings; those that are open still have no end.
    pub(crate) fn finish(mut self) -> Told<K, V, T> {
        for (key, (from, difference)) in std::mem::take(&mut self.open) {
            self.tell(key, difference, Span { from, until: None });
        }
        self.told.sort_by(|(key, _, span), (other_key, _, other)| (span.from, key).cmp(&(other.from, other_key)));
        Told { told: self.told, left_out: self.left_out, tally: self.tally }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_difference_lasts_from_where_it_comes_to_where_it_goes_or_becomes_another() {
        let mut spans: Spans<_, _> = Spans::default();
        spans.set("a", Some(1), at(1));
        spans.set("a", Some(1), at(2));
        spans.set("a", Some(2), at(3));
        spans.set("a", None, at(4));
        spans.set("b", Some(1), at(2));
        let span = |from, until: Option<i64>| Span { from: at(from), until: until.map(at) };
        let told = spans.finish().told;
        assert_eq!(told, [("a", 1, span(1, Some(3))), ("b", 1, span(2, None)), ("a", 2, span(3, Some(4)))]);
    }

    #[test]
    fn what_is_so_for_no_time_is_not_told() {
        let mut spans: Spans<_, _> = Spans::default();
        spans.set("a", Some(1), at(1));
        spans.set("a", None, at(1));
        assert!(spans.finish().told.is_empty());
    }

    #[test]
    fn what_is_too_much_to_be_told_is_counted() {
        let mut spans: Spans<_, _> = Spans::default();
        for key in 0..=TOLD_MAX {
            spans.set(key, Some(()), at(1));
        }
        let told = spans.finish();
        assert_eq!((told.told.len(), told.left_out), (TOLD_MAX, 1));
    }
}
