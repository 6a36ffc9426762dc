//! Reading the tables.

use std::{sync::Arc, time::Duration};

use journal::{Position, Positions};
use licensing::{Catalogue, LicenseeId, UserId};

use super::{licensees, live::Live, members::Filter, ordered_lists::OrderedLists, refusals, timers, totals, users};
use crate::{
    MemberSort, MemberView, RefusalView, StrayColumns, TimerView, Totals, ViewsError,
    licensees::LicenseeRow,
    members::{OrderName, OrderPlace},
    tables::{Portion, Tables, WantedLicensees, WantedMembers},
    users::UserRow,
};

/// The tables of a file.
pub(super) struct SqliteTables {
    pub(super) live: Arc<Live>,
    pub(super) lists: OrderedLists,
}

impl SqliteTables {
    /// A part of an order that [`OrderedLists`] keeps if more follows.
    fn portion(
        &self,
        filter: &Filter<'_>,
        users: Arc<[UserId]>,
        start: usize,
        limit: usize,
        keep: impl FnOnce(Arc<[UserId]>) -> OrderName,
    ) -> Result<Portion, ViewsError> {
        let (items, next) = self.live.read(|connection| filter.following(connection, &users, start, limit))?;
        let next = (next < users.len()).then(|| OrderPlace { order: keep(users), start: next });
        Ok(Portion { items, next })
    }
}

impl Tables for SqliteTables {
    fn check(&self) -> Result<(), ViewsError> {
        self.live.progress.check()
    }

    fn positions(&self) -> Positions {
        self.live.progress.heads().into_iter().collect()
    }

    fn wait_for(&self, wanted: &Positions, timeout: Duration) -> Result<bool, ViewsError> {
        self.live.progress.wait_for(timeout, || Ok(self.positions().cover(wanted)))
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
    ) -> Result<Vec<MemberView>, ViewsError> {
        self.live.read(|connection| Filter::new(wanted).by_id(connection, after, descending, limit))
    }

    fn members_in_order(
        &self,
        wanted: &WantedMembers<'_>,
        sort: MemberSort,
        limit: usize,
    ) -> Result<Portion, ViewsError> {
        let filter = Filter::new(wanted);
        let users = self.live.read(|connection| filter.in_order(connection, sort))?;
        self.portion(&filter, users.into(), 0, limit, |users| self.lists.keep(users))
    }

    fn members_from(&self, wanted: &WantedMembers<'_>, place: OrderPlace, limit: usize) -> Result<Portion, ViewsError> {
        let users = self.lists.get(place.order).ok_or(ViewsError::ExpiredCursor)?;
        self.portion(&Filter::new(wanted), users, place.start, limit, |_| place.order)
    }

    fn keep_order(&self, users: Vec<UserId>) -> Result<OrderName, ViewsError> {
        Ok(self.lists.keep(users.into()))
    }

    fn kept_order(&self, place: OrderPlace, limit: usize) -> Result<(Vec<UserId>, usize), ViewsError> {
        let users = self.lists.get(place.order).ok_or(ViewsError::ExpiredCursor)?;
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

    fn user(&self, user: &UserId) -> Result<Option<UserRow>, ViewsError> {
        self.live.read(|connection| users::one(connection, user))
    }

    fn stray_columns(&self, _catalogue: &Catalogue) -> Result<Option<StrayColumns>, ViewsError> {
        Ok(None)
    }

    fn totals(&self) -> Result<Totals, ViewsError> {
        self.live.read(totals::read)
    }
}
