//! Names of orders that were fixed, and places in them.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::BuildHasher,
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::ViewsError;

/// The name that an order is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderName(pub(crate) u64);

/// How far in an order that is kept somebody is. As a text it is a part of a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderPlace {
    pub(crate) order: OrderName,
    /// How many of it are behind.
    pub(crate) start: usize,
    /// How many pages in a row ended here without anybody, as a search had looked at so many: so that no cursor comes twice.
    pub(crate) empty_pages: usize,
}

impl OrderPlace {
    /// Where the page from here on ends.
    pub(crate) const fn behind(self, start: usize) -> Self {
        let empty_pages = if start == self.start { self.empty_pages.saturating_add(1) } else { 0 };
        Self { order: self.order, start, empty_pages }
    }
}

/// Gives new names, each once, and none that another process or an earlier start would give: an old cursor must not meet
/// another order.
#[derive(Default)]
pub(crate) struct OrderNames {
    keys: RandomState,
    given: AtomicU64,
}

impl OrderNames {
    pub(crate) fn next(&self) -> OrderName {
        OrderName(self.keys.hash_one(self.given.fetch_add(1, Ordering::Relaxed)))
    }
}

impl fmt::Display for OrderPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{}.{}", self.order.0, self.start, self.empty_pages)
    }
}

impl FromStr for OrderPlace {
    type Err = ViewsError;

    fn from_str(text: &str) -> Result<Self, ViewsError> {
        let numbers = || {
            let (order, place) = text.split_once('.')?;
            let (start, empty_pages) = place.split_once('.')?;
            Some(Self {
                order: OrderName(u64::from_str_radix(order, 16).ok()?),
                start: start.parse().ok()?,
                empty_pages: empty_pages.parse().ok()?,
            })
        };
        numbers().ok_or(ViewsError::InvalidCursor)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for (order, start) in [(0, 0), (u64::MAX, usize::MAX), (7, 1_000)] {
            let place = OrderPlace { order: OrderName(order), start, empty_pages: 3 };
            assert_eq!(place.to_string().parse::<OrderPlace>().unwrap(), place);
        }
        for bad in ["", ".", "7", "7.1", "7.1.", ".7.0", "g.1.0", "7.-1.0", "7.1.1.1"] {
            assert!(matches!(bad.parse::<OrderPlace>(), Err(ViewsError::InvalidCursor)), "{bad:?}");
        }
    }

    #[test]
    fn a_name_means_nothing_to_others() {
        let names: Vec<_> =
            (0..2).map(|_| OrderNames::default()).flat_map(|names| [names.next(), names.next()]).collect();
        for (place, name) in names.iter().enumerate() {
            assert!(!names[..place].contains(name), "{names:?}");
        }
    }
}
