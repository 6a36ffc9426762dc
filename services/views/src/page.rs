//! Lists that are given page by page.

use std::ops::RangeInclusive;

use serde::Serialize;

/// How many items a page may have.
const LIMITS: RangeInclusive<usize> = 1..=1_000;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Gives the part after this one, with the same query; `None` at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page out of items that were read up to [`one_beyond`] the limit.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize, cursor_after: impl FnOnce(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(cursor_after);
        Self { items, next_cursor }
    }
}

/// The nearest number of items that is allowed.
pub(crate) fn clamped(limit: usize) -> usize {
    limit.clamp(*LIMITS.start(), *LIMITS.end())
}

/// How many may be chosen at one go: as many as one command takes (R24).
const CHOSEN_MAX: usize = 10_000;

/// The nearest number of users to be chosen that is allowed.
pub(crate) fn clamped_to_chosen(limit: usize) -> usize {
    limit.clamp(1, CHOSEN_MAX)
}

/// One more than fits on a page: it tells whether more follow.
pub(crate) const fn one_beyond(limit: usize) -> usize {
    limit.saturating_add(1)
}
