//! Reading the tables.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use journal::{Position, Positions, Progress};
use licensing::{Catalogue, LicenseeId, UserId};

use parking_lot::Mutex;

use super::{
    licensees,
    live::Live,
    members::{self, Filter},
    ordered_lists::{Order, OrderedLists},
    refusals, timers, totals, users,
};
use crate::{
    MemberSort, MemberView, RefusalView, StrayColumns, StrayMember, TimerView, Totals, ViewsError,
    licensees::LicenseeRow,
    members::{OrderName, OrderPlace},
    tables::{Found, Portion, Tables, WantedLicensees, WantedMembers},
    users::UserRow,
};

/// Up to how many members are sorted; more are taken in their order from an index.
const SORTED_MAX: usize = 1_000;

/// The tables of a file.
pub(super) struct SqliteTables {
    pub(super) live: Arc<Live>,
    pub(super) lists: OrderedLists,
}

impl SqliteTables {
    /// A part of an order, of which more is fixed for it if need be.
    fn portion(
        &self,
        filter: &Filter<'_>,
        order: &Mutex<Order>,
        place: OrderPlace,
        limit: usize,
    ) -> Result<Portion, ViewsError> {
        let mut order = order.lock();
        self.live.read(|connection| {
            let (mut items, mut next, mut looks) = (Vec::new(), place.start, filter.looks());
            while items.len() < limit {
                let missing = limit.saturating_sub(items.len());
                order.extend_to(connection, filter, next.saturating_add(missing), &mut looks)?;
                if next >= order.users().len() {
                    break;
                }
                let (found, behind) = filter.following(connection, order.users(), next, missing)?;
                items.extend(found);
                next = behind;
            }
            order.extend_to(connection, filter, next.saturating_add(1), &mut looks)?;
            let next = order.may_have_more_than(next).then_some(place.behind(next));
            Ok(Portion { items, next })
        })
    }

    /// The ids of a part of an order, of which more is fixed for it if need be.
    fn ids(
        &self,
        filter: &Filter<'_>,
        order: &Mutex<Order>,
        place: OrderPlace,
        limit: usize,
    ) -> Result<Portion<UserId>, ViewsError> {
        let mut order = order.lock();
        self.live.read(|connection| {
            let (end, mut looks) = (place.start.saturating_add(limit), filter.looks());
            // One more tells whether more follow.
            order.extend_to(connection, filter, end.saturating_add(1), &mut looks)?;
            let items: Vec<UserId> = order.users().iter().skip(place.start).take(limit).cloned().collect();
            let next = place.start.saturating_add(items.len());
            let next = order.may_have_more_than(next).then_some(place.behind(next));
            Ok(Portion { items, next })
        })
    }

    /// An order that is whole where few members are wanted, as sorting those is quicker than looking for them along an
    /// index; else one of which nothing is fixed yet.
    fn begun(&self, filter: &Filter<'_>, sort: MemberSort) -> Result<Order, ViewsError> {
        self.live.read(|connection| {
            // Not as many as for a page: where that is not enough, a page is still to be looked for.
            let looks = filter.looks().div_ceil(2);
            let Found { items: users, next: None, .. } =
                filter.ids(connection, None, false, SORTED_MAX.saturating_add(1), looks)?
            else {
                return Ok(Order::unbegun(sort));
            };
            let (mut members, _) = filter.following(connection, &users, 0, usize::MAX)?;
            sort.apply(&mut members);
            Ok(Order::whole(members.into_iter().map(|member| member.user).collect()))
        })
    }
}

impl Tables for SqliteTables {
    fn check(&self) -> Result<(), ViewsError> {
        self.live.progress.check()
    }

    fn positions(&self) -> Positions {
        self.live.progress.heads().into_iter().collect()
    }

    fn progress(&self) -> &Progress<ViewsError> {
        &self.live.progress
    }

    fn feeds(&self, _wanted: &Positions) -> bool {
        true
    }

    fn wait_for(&self, wanted: &Positions, timeout: Duration) -> Result<bool, ViewsError> {
        self.live.progress.wait_until_at(wanted, timeout)
    }

    fn licensee(&self, licensee: &LicenseeId) -> Result<Option<LicenseeRow>, ViewsError> {
        self.live.read(|connection| licensees::one(connection, licensee))
    }

    fn licensees(&self, wanted: &WantedLicensees<'_>) -> Result<Vec<LicenseeRow>, ViewsError> {
        self.live.read(|connection| licensees::some(connection, wanted))
    }

    fn members_by_id(
        &self,
        wanted: &WantedMembers<'_>,
        after: Option<&str>,
        descending: bool,
        limit: usize,
    ) -> Result<Found<MemberView, UserId>, ViewsError> {
        self.live.read(|connection| Filter::new(wanted).by_id(connection, after, descending, limit))
    }

    fn members_in_order(
        &self,
        wanted: &WantedMembers<'_>,
        sort: MemberSort,
        limit: usize,
    ) -> Result<Portion, ViewsError> {
        let filter = Filter::new(wanted);
        let (name, order) = self.lists.keep(self.begun(&filter, sort)?);
        let portion = self.portion(&filter, &order, OrderPlace { order: name, start: 0, empty_pages: 0 }, limit)?;
        if portion.next.is_none() {
            self.lists.drop(name);
        }
        Ok(portion)
    }

    fn members_from(
        &self,
        wanted: &WantedMembers<'_>,
        _sort: MemberSort,
        place: OrderPlace,
        limit: usize,
    ) -> Result<Portion, ViewsError> {
        let order = self.lists.get(place.order).ok_or(ViewsError::ExpiredCursor)?;
        self.portion(&Filter::new(wanted), &order, place, limit)
    }

    fn ids_by_id(
        &self,
        wanted: &WantedMembers<'_>,
        after: Option<&str>,
        descending: bool,
        limit: usize,
    ) -> Result<Found<UserId, UserId>, ViewsError> {
        let filter = Filter::new(wanted);
        self.live.read(|connection| filter.ids(connection, after, descending, limit, filter.looks()))
    }

    fn ids_in_order(
        &self,
        wanted: &WantedMembers<'_>,
        sort: MemberSort,
        limit: usize,
    ) -> Result<Portion<UserId>, ViewsError> {
        let filter = Filter::new(wanted);
        let (name, order) = self.lists.keep(self.begun(&filter, sort)?);
        let portion = self.ids(&filter, &order, OrderPlace { order: name, start: 0, empty_pages: 0 }, limit)?;
        if portion.next.is_none() {
            self.lists.drop(name);
        }
        Ok(portion)
    }

    fn ids_from(
        &self,
        wanted: &WantedMembers<'_>,
        _sort: MemberSort,
        place: OrderPlace,
        limit: usize,
    ) -> Result<Portion<UserId>, ViewsError> {
        let order = self.lists.get(place.order).ok_or(ViewsError::ExpiredCursor)?;
        self.ids(&Filter::new(wanted), &order, place, limit)
    }

    fn keep_order(&self, users: Vec<UserId>) -> Result<OrderName, ViewsError> {
        Ok(self.lists.keep(Order::whole(users)).0)
    }

    fn kept_order(&self, place: OrderPlace, limit: usize) -> Result<(Vec<UserId>, usize), ViewsError> {
        let order = self.lists.get(place.order).ok_or(ViewsError::ExpiredCursor)?;
        let order = order.lock();
        let users = order.users();
        Ok((users.iter().skip(place.start).take(limit).cloned().collect(), users.len()))
    }

    fn timers(&self, licensee: Option<&LicenseeId>) -> Result<Vec<TimerView>, ViewsError> {
        self.live.read(|connection| timers::kept(connection, licensee))
    }

    fn refusals(
        &self,
        licensee: &LicenseeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, RefusalView)>, ViewsError> {
        self.live.read(|connection| refusals::after(connection, licensee, after, limit))
    }

    fn newest_refusals(&self, limit: usize) -> Result<Vec<(LicenseeId, RefusalView)>, ViewsError> {
        self.live.read(|connection| refusals::newest(connection, limit))
    }

    fn refused(&self) -> Result<BTreeMap<String, u64>, ViewsError> {
        self.live.read(totals::refused)
    }

    fn user(&self, user: &UserId) -> Result<Option<UserRow>, ViewsError> {
        self.live.read(|connection| users::one(connection, user))
    }

    fn stray_columns(&self, _catalogue: &Catalogue) -> Result<Option<StrayColumns>, ViewsError> {
        Ok(None)
    }

    fn stray_member(&self) -> Result<Option<StrayMember>, ViewsError> {
        self.live.read(members::stray)
    }

    fn totals(&self) -> Result<Totals, ViewsError> {
        self.live.read(totals::read)
    }
}
