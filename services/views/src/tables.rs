//! The port to the tables: what every database that keeps them answers.

use std::{collections::BTreeMap, time::Duration};

use journal::{Position, Positions, Progress};
use licensing::{Catalogue, LicenseeId, UserId, UserStatus};

use crate::{
    MemberSort, MemberView, RefusalView, StrayColumns, StrayMember, TimerView, Totals, ViewsError,
    licensees::LicenseeRow,
    members::{OrderName, OrderPlace},
    users::UserRow,
};

/// The tables of the views, as they are read.
pub(crate) trait Tables: Send + Sync {
    /// Fails once feeding the tables failed: what they hold is silently out of date then.
    fn check(&self) -> Result<(), ViewsError>;

    /// How far the tables are known to be, in every shard.
    fn positions(&self) -> Positions;

    /// How far the tables are known to be, told by whoever feeds them in this process.
    fn progress(&self) -> &Progress<ViewsError>;

    /// Whether all that is missing of `wanted` is fed by this process, so that [`progress`](Self::progress) tells of it.
    fn feeds(&self, wanted: &Positions) -> bool;

    /// Waits until the tables are at `wanted`, at most for `timeout`; whether they are.
    fn wait_for(&self, wanted: &Positions, timeout: Duration) -> Result<bool, ViewsError>;

    /// The licensee of this id.
    fn licensee(&self, licensee: &LicenseeId) -> Result<Option<LicenseeRow>, ViewsError>;

    /// Licensees in byte order of their ids.
    fn licensees(&self, wanted: &WantedLicensees<'_>) -> Result<Vec<LicenseeRow>, ViewsError>;

    /// Members by their ids in byte order, `limit` at most; those behind `after`, if that is given. A search looks no
    /// further than it may.
    fn members_by_id(
        &self,
        wanted: &WantedMembers<'_>,
        after: Option<&str>,
        descending: bool,
        limit: usize,
    ) -> Result<Found<MemberView, UserId>, ViewsError>;

    /// The first members in an order, `limit` at most. If more follow, or may, the order is kept; what of it was given is
    /// fixed. A search looks no further than it may, here and below.
    fn members_in_order(
        &self,
        wanted: &WantedMembers<'_>,
        sort: MemberSort,
        limit: usize,
    ) -> Result<Portion, ViewsError>;

    /// The members from a place in an order that is kept, as they are now, `limit` at most; whoever is gone or no longer
    /// wanted meanwhile is left out. Fails with [`ViewsError::ExpiredCursor`] if it is no longer kept.
    fn members_from(
        &self,
        wanted: &WantedMembers<'_>,
        sort: MemberSort,
        place: OrderPlace,
        limit: usize,
    ) -> Result<Portion, ViewsError>;

    /// As [`members_by_id`](Self::members_by_id), of the ids alone.
    fn ids_by_id(
        &self,
        wanted: &WantedMembers<'_>,
        after: Option<&str>,
        descending: bool,
        limit: usize,
    ) -> Result<Found<UserId, UserId>, ViewsError>;

    /// As [`members_in_order`](Self::members_in_order), of the ids alone.
    fn ids_in_order(
        &self,
        wanted: &WantedMembers<'_>,
        sort: MemberSort,
        limit: usize,
    ) -> Result<Portion<UserId>, ViewsError>;

    /// As [`members_from`](Self::members_from), of the ids alone: those are among them, too, who are no longer wanted.
    fn ids_from(
        &self,
        wanted: &WantedMembers<'_>,
        sort: MemberSort,
        place: OrderPlace,
        limit: usize,
    ) -> Result<Portion<UserId>, ViewsError>;

    /// Keeps an order of members that was fixed elsewhere.
    fn keep_order(&self, users: Vec<UserId>) -> Result<OrderName, ViewsError>;

    /// Whoever comes from a place in an order that is kept on, `limit` at most, and how many the whole order has. Fails
    /// with [`ViewsError::ExpiredCursor`] if it is no longer kept.
    fn kept_order(&self, place: OrderPlace, limit: usize) -> Result<(Vec<UserId>, usize), ViewsError>;

    /// What is armed, of one licensee or of all, in any order.
    fn timers(&self, licensee: Option<&LicenseeId>) -> Result<Vec<TimerView>, ViewsError>;

    /// What was refused under a licensee after a position, the oldest first, `limit` at most; nothing while the licensee
    /// does not exist.
    fn refusals(
        &self,
        licensee: &LicenseeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, RefusalView)>, ViewsError>;

    /// What was refused last under licensees that exist, the newest first, `limit` at most, each with the licensee.
    fn newest_refusals(&self, limit: usize) -> Result<Vec<(LicenseeId, RefusalView)>, ViewsError>;

    /// How many commands were ever refused, by code.
    fn refused(&self) -> Result<BTreeMap<String, u64>, ViewsError>;

    /// The user of this id.
    fn user(&self, user: &UserId) -> Result<Option<UserRow>, ViewsError>;

    /// A licensee whose columns, for other people's programs, are not what follows from what is kept of it.
    fn stray_columns(&self, catalogue: &Catalogue) -> Result<Option<StrayColumns>, ViewsError>;

    /// The first member of whom it is noted wrongly whether there is a seat.
    fn stray_member(&self) -> Result<Option<StrayMember>, ViewsError>;

    /// The numbers over everything.
    fn totals(&self) -> Result<Totals, ViewsError>;
}

/// Which licensees are wanted.
pub(crate) struct WantedLicensees<'a> {
    /// Only those with this in their id or name, letter case aside.
    pub(crate) search: Option<&'a str>,
    /// Only those whose ids come after this text.
    pub(crate) after: Option<&'a str>,
    /// How many at most.
    pub(crate) limit: usize,
}

/// Which members of a licensee are wanted, in any order.
pub(crate) struct WantedMembers<'a> {
    pub(crate) licensee: &'a LicenseeId,
    /// Only those with a seat, or only those without.
    pub(crate) assigned: Option<bool>,
    /// Only those with this status.
    pub(crate) status: Option<UserStatus>,
    /// Only those with this in their id, user name, name or e-mail address, letter case aside.
    pub(crate) search: Option<&'a str>,
    /// How many members are looked at for one page, from 1.
    pub(crate) looks: usize,
}

/// As how many looks it counts to look at somebody in an order by a value: unlike by id, each is looked up on its own, and by a
/// search in several tables.
const LIST_BY_VALUE_COST: usize = 2;
const SEARCH_BY_VALUE_COST: usize = 4;

impl WantedMembers<'_> {
    /// As how many looks it counts to look at somebody in an order by a value.
    pub(crate) const fn cost_by_value(&self) -> usize {
        if self.search.is_some() { SEARCH_BY_VALUE_COST } else { LIST_BY_VALUE_COST }
    }
}

/// What was found along an order.
pub(crate) struct Found<T, P> {
    pub(crate) items: Vec<T>,
    /// Who was looked at last, if as many as wanted were found or looked at; `None` at the end of the order.
    pub(crate) next: Option<P>,
    /// How many were looked at.
    pub(crate) looked_at: usize,
}

/// A part of an order of members.
pub(crate) struct Portion<T = MemberView> {
    pub(crate) items: Vec<T>,
    /// Where the next part starts; `None` at the end.
    pub(crate) next: Option<OrderPlace>,
}
