//! Orders of members, each fixed as far as somebody has paged through it.
//!
//! A user name or the time of a last use changes while pages are being read; a cursor by such a value would skip or
//! repeat whoever moves past it. So whoever was given once is remembered. An order goes on along an index of its values,
//! past whoever is in it already; behind the last value it goes on by ids, which never change, so that nobody is left out
//! who moved or has no value. A page costs what it shows, however many members there are.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use licensing::UserId;
use parking_lot::Mutex;
use rusqlite::Connection;

use super::members::{Filter, Valued};
use crate::{
    MemberSort,
    members::{OrderName, OrderNames},
};

/// How many orders are kept at most.
const LISTS_MAX: usize = 256;
/// How many ids they have together at most; one order alone may have more, so that every list can be read to its end.
const IDS_MAX: usize = 1_000_000;
/// How many ids are read at one go where many of them may be known.
const IDS_AT_ONCE: usize = 1_000;

/// An order of members, fixed up to some place.
pub(super) struct Order {
    users: Vec<UserId>,
    known: HashSet<UserId>,
    frontier: Frontier,
}

/// From where an order goes on.
enum Frontier {
    /// Behind a value; from the first one on at the beginning.
    Values(MemberSort, Option<Valued>),
    /// Behind an id, with whoever is not in it yet.
    Ids(Option<UserId>),
    /// It is whole.
    End,
}

impl Order {
    /// One that is fixed already.
    pub(super) fn whole(users: Vec<UserId>) -> Self {
        Self { users, known: HashSet::new(), frontier: Frontier::End }
    }

    /// One of which nothing is fixed yet.
    pub(super) fn unbegun(sort: MemberSort) -> Self {
        Self { users: Vec::new(), known: HashSet::new(), frontier: Frontier::Values(sort, None) }
    }

    /// What of it is fixed.
    pub(super) fn users(&self) -> &[UserId] {
        &self.users
    }

    /// Whether it goes on behind so many.
    pub(super) fn may_have_more_than(&self, users: usize) -> bool {
        self.users.len() > users || !matches!(self.frontier, Frontier::End)
    }

    /// Fixes so many of it, or all if it has fewer, or as many as are found among so many who may be looked at.
    pub(super) fn extend_to(
        &mut self,
        connection: &Connection,
        filter: &Filter<'_>,
        wanted: usize,
        looks: &mut usize,
    ) -> rusqlite::Result<()> {
        while self.users.len() < wanted && *looks > 0 {
            let missing = wanted.saturating_sub(self.users.len());
            let looked_at = match &self.frontier {
                Frontier::End => return Ok(()),
                Frontier::Values(sort, behind) => {
                    let sort = *sort;
                    let looks = looks.div_ceil(filter.cost_by_value());
                    let found = filter.by_value(connection, sort, behind.as_ref(), missing, looks)?;
                    self.frontier = found.next.map_or(Frontier::Ids(None), |last| Frontier::Values(sort, Some(last)));
                    self.add(found.items.into_iter().map(|valued| valued.user));
                    found.looked_at.saturating_mul(filter.cost_by_value())
                }
                Frontier::Ids(behind) => {
                    let (behind, limit) = (behind.as_ref().map(UserId::as_str), missing.max(IDS_AT_ONCE));
                    let found = filter.ids(connection, behind, false, limit, *looks)?;
                    self.frontier = found.next.map_or(Frontier::End, |last| Frontier::Ids(Some(last)));
                    self.add(found.items);
                    found.looked_at
                }
            };
            *looks = looks.saturating_sub(looked_at);
        }
        Ok(())
    }

    fn add(&mut self, users: impl IntoIterator<Item = UserId>) {
        for user in users {
            if self.known.insert(user.clone()) {
                self.users.push(user);
            }
        }
    }
}

/// The orders that are kept; the one that was not used for longest goes first.
#[derive(Default)]
pub(super) struct OrderedLists {
    names: OrderNames,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The last used one in front.
    lists: VecDeque<(OrderName, Arc<Mutex<Order>>)>,
}

impl OrderedLists {
    /// Keeps an order; gives the name that it is found by.
    pub(super) fn keep(&self, order: Order) -> (OrderName, Arc<Mutex<Order>>) {
        let name = self.names.next();
        let order = Arc::new(Mutex::new(order));
        let mut state = self.state.lock();
        state.lists.push_front((name, order.clone()));
        state.forget_unused();
        (name, order)
    }

    /// Forgets an order that nobody goes on in.
    pub(super) fn drop(&self, name: OrderName) {
        self.state.lock().lists.retain(|(kept, _)| *kept != name);
    }

    /// The order of this name, if it is still kept.
    pub(super) fn get(&self, name: OrderName) -> Option<Arc<Mutex<Order>>> {
        let mut state = self.state.lock();
        let place = state.lists.iter().position(|(kept, _)| *kept == name)?;
        let list = state.lists.remove(place)?;
        let order = list.1.clone();
        state.lists.push_front(list);
        state.forget_unused();
        Some(order)
    }
}

impl State {
    fn forget_unused(&mut self) {
        // One that is being read at the moment counts next time.
        let length =
            |(_, order): &(OrderName, Arc<Mutex<Order>>)| order.try_lock().map_or(0, |order| order.users.len());
        let mut ids: usize = self.lists.iter().map(length).sum();
        while self.lists.len() > 1 && (self.lists.len() > LISTS_MAX || ids > IDS_MAX) {
            ids = ids.saturating_sub(self.lists.pop_back().as_ref().map_or(0, length));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn order(count: usize) -> Order {
        let user = UserId::parse("u").unwrap();
        Order::whole(vec![user; count])
    }

    #[test]
    fn the_order_not_used_for_longest_goes_first() {
        let lists = OrderedLists::default();
        let (first, _) = lists.keep(order(1));
        let (second, _) = lists.keep(order(2));
        assert_eq!(lists.get(first).unwrap().lock().users().len(), 1);
        (0..LISTS_MAX - 1).for_each(|_| {
            lists.keep(order(1));
        });
        assert!(lists.get(second).is_none());
        assert!(lists.get(first).is_some());
    }

    #[test]
    fn many_ids_push_out_older_orders_but_never_the_one_they_are_in() {
        let lists = OrderedLists::default();
        let (small, _) = lists.keep(order(1));
        let (large, _) = lists.keep(order(IDS_MAX + 1));
        assert!(lists.get(small).is_none());
        assert_eq!(lists.get(large).unwrap().lock().users().len(), IDS_MAX + 1);
    }
}
