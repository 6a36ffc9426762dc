//! The members of each licensee, page by page: every one exactly once, however the data moves meanwhile.
//!
//! An id never changes, so in the order of ids a page goes on behind the last id of the one before. For every other
//! order what was given is fixed, and the tables keep it: a cursor by a value that changes, such as a user name or the time
//! of a last use, would skip or repeat whoever moves past it. What is shown is read anew for each page.
//!
//! A search looks at one member after another, as it finds any part of a text, and names lie in the erasable tables alone
//! (R30): an index of their parts would be one more place to erase from. So of a search a page ends also behind so many who
//! were looked at ([`Looks`]), with whoever was found by then, and has a cursor that goes on.

mod order;
mod query;

use licensing::{Instant, LicenseeId, Role, UserId, UserStatus, UserType};
use serde::Serialize;

pub use order::OrderPlace;
pub(crate) use order::{OrderName, OrderNames};
pub use query::{Looks, MemberSort, MemberSortKey, MembersQuery, UnknownSort};

use crate::{
    ViewsError,
    page::{self, Page},
    tables::{Found, Portion, Tables, WantedMembers},
};

/// A member of a licensee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberView {
    /// The user.
    pub user: UserId,
    /// The name to log in with; `None` once it was erased (R29).
    pub username: Option<String>,
    /// The name to be shown; `None` once it was erased (R29).
    pub name: Option<String>,
    /// The role.
    pub role: Role,
    /// The type of account.
    #[serde(rename = "type")]
    pub user_type: UserType,
    /// The status in the directory.
    pub status: UserStatus,
    /// Whether the member has a seat, retained ones included.
    pub assigned: bool,
    /// When the member got it; of several the first.
    pub assigned_at: Option<Instant>,
    /// When the member last used Code Suggestions; `None` for never (R22).
    pub last_used_at: Option<Instant>,
}

/// A member of whom it is noted, for filters to find, that there is a seat although there is none, or the other way round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayMember {
    /// The licensee.
    pub licensee: LicenseeId,
    /// The member.
    pub user: UserId,
    /// Whether it is noted that there is a seat.
    pub found: bool,
}

/// A page of a licensee's members.
pub(crate) fn page(
    tables: &dyn Tables,
    licensee: &LicenseeId,
    query: &MembersQuery,
) -> Result<Page<MemberView>, ViewsError> {
    let seal = query.seal(licensee);
    let place = query.cursor.as_deref().map(|cursor| seal.open(cursor)).transpose()?;
    let wanted = wanted(licensee, query);
    let limit = page::clamped(query.limit);
    if query.sort.key == MemberSortKey::User {
        let limit_and_one = page::one_beyond(limit);
        let found = tables.members_by_id(&wanted, place.as_deref(), query.sort.descending, limit_and_one)?;
        return Ok(cut(found, limit, |member| &member.user, |last| seal.close(last.as_str())));
    }
    let Portion { items, next } = match place {
        Some(place) => tables.members_from(&wanted, query.sort, place.parse()?, limit)?,
        None => tables.members_in_order(&wanted, query.sort, limit)?,
    };
    Ok(Page { items, next_cursor: next.map(|next| seal.close(&next.to_string())) })
}

/// The ids of those who would come on such a page, which may be ten times as long: whoever is only to be chosen is not looked
/// up.
pub(crate) fn ids(
    tables: &dyn Tables,
    licensee: &LicenseeId,
    query: &MembersQuery,
) -> Result<Page<UserId>, ViewsError> {
    let seal = query.seal(licensee);
    let place = query.cursor.as_deref().map(|cursor| seal.open(cursor)).transpose()?;
    let wanted = wanted(licensee, query);
    let limit = page::clamped_to_chosen(query.limit);
    if query.sort.key == MemberSortKey::User {
        let limit_and_one = page::one_beyond(limit);
        let found = tables.ids_by_id(&wanted, place.as_deref(), query.sort.descending, limit_and_one)?;
        return Ok(cut(found, limit, |user| user, |last| seal.close(last.as_str())));
    }
    let Portion { items, next } = match place {
        Some(place) => tables.ids_from(&wanted, query.sort, place.parse()?, limit)?,
        None => tables.ids_in_order(&wanted, query.sort, limit)?,
    };
    Ok(Page { items, next_cursor: next.map(|next| seal.close(&next.to_string())) })
}

fn wanted<'a>(licensee: &'a LicenseeId, query: &'a MembersQuery) -> WantedMembers<'a> {
    let (assigned, status, search) = (query.assigned, query.status, query.search.as_deref());
    WantedMembers { licensee, assigned, status, search, looks: query.looks_max() }
}

/// A page out of what was looked for up to [`page::one_beyond`] the limit: it goes on behind its last member, or behind
/// whoever was looked at last.
fn cut<T>(
    found: Found<T, UserId>,
    limit: usize,
    user: impl FnOnce(&T) -> &UserId,
    cursor_after: impl FnOnce(&UserId) -> String,
) -> Page<T> {
    let Found { mut items, next, .. } = found;
    let is_full = items.len() > limit;
    items.truncate(limit);
    let last = if is_full { items.last().map(user) } else { next.as_ref() };
    let next_cursor = last.map(cursor_after);
    Page { items, next_cursor }
}
