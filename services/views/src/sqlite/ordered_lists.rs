//! Orders that were fixed when somebody began to page through them.
//!
//! A user name or the time of a last use changes while pages are being read; a cursor by such a value would skip or
//! repeat whoever moves past it. So the first page fixes the order, and its later pages go by it.

use std::{collections::VecDeque, sync::Arc};

use licensing::UserId;
use parking_lot::Mutex;

use crate::members::{OrderName, OrderNames};

/// How many orders are kept at most.
const LISTS_MAX: usize = 256;
/// How many ids they have together at most; one order alone may have more, so that every list can be read to its end.
const IDS_MAX: usize = 1_000_000;

/// The orders that are kept; the one that was not used for longest goes first.
#[derive(Default)]
pub(super) struct OrderedLists {
    names: OrderNames,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The last used one in front.
    lists: VecDeque<(OrderName, Arc<[UserId]>)>,
}

impl OrderedLists {
    /// Keeps an order; gives the name that it is found by.
    pub(super) fn keep(&self, users: Arc<[UserId]>) -> OrderName {
        let name = self.names.next();
        let mut state = self.state.lock();
        state.lists.push_front((name, users));
        state.forget_unused();
        name
    }

    /// The order of this name, if it is still kept.
    pub(super) fn get(&self, name: OrderName) -> Option<Arc<[UserId]>> {
        let mut state = self.state.lock();
        let place = state.lists.iter().position(|(kept, _)| *kept == name)?;
        let list = state.lists.remove(place)?;
        let users = list.1.clone();
        state.lists.push_front(list);
        Some(users)
    }
}

impl State {
    fn forget_unused(&mut self) {
        let ids =
            |lists: &VecDeque<(OrderName, Arc<[UserId]>)>| lists.iter().map(|(_, users)| users.len()).sum::<usize>();
        while self.lists.len() > 1 && (self.lists.len() > LISTS_MAX || ids(&self.lists) > IDS_MAX) {
            self.lists.pop_back();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn users(count: usize) -> Arc<[UserId]> {
        let user = UserId::parse("u").unwrap();
        vec![user; count].into()
    }

    #[test]
    fn the_order_not_used_for_longest_goes_first() {
        let lists = OrderedLists::default();
        let first = lists.keep(users(1));
        let second = lists.keep(users(2));
        assert_eq!(lists.get(first).unwrap().len(), 1);
        (0..LISTS_MAX - 1).for_each(|_| {
            lists.keep(users(1));
        });
        assert!(lists.get(second).is_none());
        assert!(lists.get(first).is_some());
    }

    #[test]
    fn many_ids_push_out_older_orders_but_never_the_one_they_are_in() {
        let lists = OrderedLists::default();
        let small = lists.keep(users(1));
        let large = lists.keep(users(IDS_MAX + 1));
        assert!(lists.get(small).is_none());
        assert_eq!(lists.get(large).unwrap().len(), IDS_MAX + 1);
    }
}
