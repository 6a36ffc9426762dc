//! Reading the tables.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use ::postgres::Transaction;
use journal::{Position, Positions, Progress};
use licensing::{Catalogue, LicenseeId, UserId};

use super::{
    database::{Database, Failure},
    growing::Growing,
    licensees::{self, StrayOrNext},
    members::{self, Filter},
    orders,
    reached::Reached,
    refusals, timers, totals, users,
};
use crate::{
    MemberSort, MemberView, RefusalView, StrayColumns, StrayMember, TimerView, Totals, ViewsError,
    licensees::LicenseeRow,
    members::{OrderName, OrderNames, OrderPlace},
    tables::{Found, Portion, Tables, WantedLicensees, WantedMembers},
    users::UserRow,
};

/// Up to how many members are sorted; more are taken in their order from an index.
const SORTED_MAX: usize = 1_000;

/// The tables of a database.
pub(super) struct PostgresTables {
    pub(super) database: Database,
    pub(super) reached: Arc<Reached>,
    pub(super) order_names: OrderNames,
}

impl PostgresTables {
    /// The first members in an order, which is kept as a whole, where few are wanted; `None` where they are many.
    fn few_in_order(&self, filter: &Filter<'_>, sort: MemberSort, limit: usize) -> Result<Option<Portion>, ViewsError> {
        let Some(mut items) = self.database.read(|transaction| few(transaction, filter))? else { return Ok(None) };
        sort.apply(&mut items);
        // What fits on one page needs no order to go on by.
        if items.len() <= limit {
            return Ok(Some(Portion { items, next: None }));
        }
        let order = self.order_names.next();
        let users: Vec<UserId> = items.iter().map(|member| member.user.clone()).collect();
        self.database.write(|transaction| orders::keep_users(transaction, order, &users))?;
        items.truncate(limit);
        Ok(Some(Portion { items, next: Some(first(order).behind(limit)) }))
    }
}

impl Tables for PostgresTables {
    fn check(&self) -> Result<(), ViewsError> {
        self.reached.progress().check()
    }

    fn positions(&self) -> Positions {
        self.reached.positions()
    }

    fn progress(&self) -> &Progress<ViewsError> {
        self.reached.progress()
    }

    fn feeds(&self, wanted: &Positions) -> bool {
        self.reached.feeds_missing(wanted)
    }

    fn wait_for(&self, wanted: &Positions, timeout: Duration) -> Result<bool, ViewsError> {
        self.reached.wait_for(wanted, timeout)
    }

    fn licensee(&self, licensee: &LicenseeId) -> Result<Option<LicenseeRow>, ViewsError> {
        self.database.read(|transaction| licensees::one(transaction, licensee))
    }

    fn licensees(&self, wanted: &WantedLicensees<'_>) -> Result<Vec<LicenseeRow>, ViewsError> {
        if !is_storable(wanted.search) {
            return Ok(Vec::new());
        }
        self.database.read(|transaction| licensees::some(transaction, wanted))
    }

    fn members_by_id(
        &self,
        wanted: &WantedMembers<'_>,
        after: Option<&str>,
        descending: bool,
        limit: usize,
    ) -> Result<Found<MemberView, UserId>, ViewsError> {
        if !is_storable(wanted.search) {
            return Ok(Found { items: Vec::new(), next: None, looked_at: 0 });
        }
        self.database.read(|transaction| Filter::new(wanted).by_id(transaction, after, descending, limit))
    }

    fn members_in_order(
        &self,
        wanted: &WantedMembers<'_>,
        sort: MemberSort,
        limit: usize,
    ) -> Result<Portion, ViewsError> {
        if !is_storable(wanted.search) {
            return Ok(Portion { items: Vec::new(), next: None });
        }
        let filter = Filter::new(wanted);
        if let Some(portion) = self.few_in_order(&filter, sort, limit)? {
            return Ok(portion);
        }
        let order = self.order_names.next();
        self.database.write(|transaction| {
            Growing::begin(transaction, order, sort)?.portion(transaction, &filter, first(order), limit)
        })
    }

    fn members_from(
        &self,
        wanted: &WantedMembers<'_>,
        sort: MemberSort,
        place: OrderPlace,
        limit: usize,
    ) -> Result<Portion, ViewsError> {
        self.database.write(|transaction| orders::follow(transaction, &Filter::new(wanted), sort, place, limit))
    }

    fn ids_by_id(
        &self,
        wanted: &WantedMembers<'_>,
        after: Option<&str>,
        descending: bool,
        limit: usize,
    ) -> Result<Found<UserId, UserId>, ViewsError> {
        if !is_storable(wanted.search) {
            return Ok(Found { items: Vec::new(), next: None, looked_at: 0 });
        }
        let filter = Filter::new(wanted);
        self.database.read(|transaction| filter.ids(transaction, after, descending, limit, filter.looks()))
    }

    fn ids_in_order(
        &self,
        wanted: &WantedMembers<'_>,
        sort: MemberSort,
        limit: usize,
    ) -> Result<Portion<UserId>, ViewsError> {
        if !is_storable(wanted.search) {
            return Ok(Portion { items: Vec::new(), next: None });
        }
        let filter = Filter::new(wanted);
        if let Some(Portion { items, next }) = self.few_in_order(&filter, sort, limit)? {
            return Ok(Portion { items: items.into_iter().map(|member| member.user).collect(), next });
        }
        let order = self.order_names.next();
        self.database.write(|transaction| {
            Growing::begin(transaction, order, sort)?.ids(transaction, &filter, first(order), limit)
        })
    }

    fn ids_from(
        &self,
        wanted: &WantedMembers<'_>,
        sort: MemberSort,
        place: OrderPlace,
        limit: usize,
    ) -> Result<Portion<UserId>, ViewsError> {
        self.database.write(|transaction| orders::follow_ids(transaction, &Filter::new(wanted), sort, place, limit))
    }

    fn keep_order(&self, users: Vec<UserId>) -> Result<OrderName, ViewsError> {
        let order = self.order_names.next();
        self.database.write(|transaction| orders::keep_users(transaction, order, &users))?;
        Ok(order)
    }

    fn kept_order(&self, place: OrderPlace, limit: usize) -> Result<(Vec<UserId>, usize), ViewsError> {
        self.database.write(|transaction| orders::users_from(transaction, place, limit))
    }

    fn timers(&self, licensee: Option<&LicenseeId>) -> Result<Vec<TimerView>, ViewsError> {
        self.database.read(|transaction| timers::kept(transaction, licensee))
    }

    fn refusals(
        &self,
        licensee: &LicenseeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, RefusalView)>, ViewsError> {
        self.database.read(|transaction| refusals::after(transaction, licensee, after, limit))
    }

    fn newest_refusals(&self, limit: usize) -> Result<Vec<(LicenseeId, RefusalView)>, ViewsError> {
        self.database.read(|transaction| refusals::newest(transaction, limit))
    }

    fn refused(&self) -> Result<BTreeMap<String, u64>, ViewsError> {
        self.database.read(totals::refused)
    }

    fn user(&self, user: &UserId) -> Result<Option<UserRow>, ViewsError> {
        self.database.read(|transaction| users::one(transaction, user))
    }

    fn stray_columns(&self, catalogue: &Catalogue) -> Result<Option<StrayColumns>, ViewsError> {
        let mut after = String::new();
        loop {
            let found = self.database.read(|transaction| licensees::stray_columns(transaction, &after, catalogue))?;
            match found {
                StrayOrNext::Stray(stray) => return Ok(Some(stray)),
                StrayOrNext::Next(last) => after = last.as_str().to_owned(),
                StrayOrNext::End => return Ok(None),
            }
        }
    }

    fn stray_member(&self) -> Result<Option<StrayMember>, ViewsError> {
        self.database.read(members::stray)
    }

    fn totals(&self) -> Result<Totals, ViewsError> {
        self.database.read(totals::read)
    }
}

/// Whether PostgreSQL could hold such a text: none that is searched for otherwise can be there.
fn is_storable(text: Option<&str>) -> bool {
    text.is_none_or(|text| !text.contains('\0'))
}

/// Where an order begins.
const fn first(order: OrderName) -> OrderPlace {
    OrderPlace { order, start: 0, empty_pages: 0 }
}

/// All members that are wanted, if they are few.
fn few(transaction: &mut Transaction<'_>, filter: &Filter<'_>) -> Result<Option<Vec<MemberView>>, Failure> {
    // Not as many as for a page: where that is not enough, a page is still to be looked for.
    let looks = filter.looks().div_ceil(2);
    let Found { items: users, next: None, .. } =
        filter.ids(transaction, None, false, SORTED_MAX.saturating_add(1), looks)?
    else {
        return Ok(None);
    };
    let users: Vec<&str> = users.iter().map(UserId::as_str).collect();
    let members = filter.among(transaction, &users, users.len())?;
    Ok(Some(members.into_iter().map(|(_, member)| member).collect()))
}
