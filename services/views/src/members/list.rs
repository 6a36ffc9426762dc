//! Members page by page: every one exactly once, however the data moves meanwhile.
//!
//! An id never changes, so in the order of ids a page goes on behind the last id of the one before. For every other
//! order the first page fixes it, see [`OrderedLists`]; what is shown is read anew for each page.

use std::sync::Arc;

use licensing::{LicenseeId, UserId};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::{MemberSort, MemberSortKey, MemberView, MembersQuery};
use crate::{
    cursor::Seal,
    error::ViewsError,
    ordered_lists::OrderedLists,
    page::{self, Page},
    pool::Pool,
    text_search::fold,
    value::{id, instant_if_any, word},
};

/// Comes before every id.
const BEFORE_ALL: &str = "";
/// Comes after every id: ids are ASCII.
const AFTER_ALL: &str = "\u{10ffff}";

/// A page of a licensee's members.
pub(crate) fn page(
    readers: &Pool,
    lists: &OrderedLists,
    licensee: &LicenseeId,
    query: &MembersQuery,
) -> Result<Page<MemberView>, ViewsError> {
    let seal = query.seal(licensee);
    let place = query.cursor.as_deref().map(|cursor| seal.open(cursor)).transpose()?;
    let filter = Filter::new(licensee, query);
    let limit = page::clamped(query.limit);
    if query.sort.key == MemberSortKey::User {
        let after = place.unwrap_or_else(|| if query.sort.descending { AFTER_ALL } else { BEFORE_ALL }.to_owned());
        let found = readers.read(|connection| filter.after(connection, &after, query.sort.descending, limit))?;
        return Ok(Page::cut(found, limit, |last: &MemberView| seal.close(last.user.as_str())));
    }
    let order = match place {
        Some(place) => Order::kept(lists, &place)?,
        None => Order::fresh(readers.read(|connection| filter.ordered(connection, query.sort))?),
    };
    let (items, next) = readers.read(|connection| filter.following(connection, &order, limit))?;
    let next_cursor = (next < order.users.len()).then(|| order.cursor(lists, &seal, next));
    Ok(Page { items, next_cursor })
}

/// An order that was fixed, and how far in it somebody is.
struct Order {
    /// Under which it is kept; `None` for one that is new.
    name: Option<u64>,
    users: Arc<[UserId]>,
    start: usize,
}

impl Order {
    fn fresh(users: Vec<UserId>) -> Self {
        Self { name: None, users: users.into(), start: 0 }
    }

    /// The order that a cursor's place stands for.
    fn kept(lists: &OrderedLists, place: &str) -> Result<Self, ViewsError> {
        let numbers = || {
            let (name, start) = place.split_once('.')?;
            Some((u64::from_str_radix(name, 16).ok()?, start.parse::<usize>().ok()?))
        };
        let (name, start) = numbers().ok_or(ViewsError::InvalidCursor)?;
        let users = lists.get(name).ok_or(ViewsError::ExpiredCursor)?;
        Ok(Self { name: Some(name), users, start })
    }

    /// The cursor for the page that starts at `next`; keeps the order for it.
    fn cursor(self, lists: &OrderedLists, seal: &Seal, next: usize) -> String {
        let name = self.name.unwrap_or_else(|| lists.keep(self.users));
        seal.close(&format!("{name:x}.{next}"))
    }
}

const SELECT: &str = "
    SELECT m.user, p.username, p.name, m.role, m.type, m.status, u.last_used_at_us,
           (SELECT min(s.assigned_at_us) FROM seats s WHERE s.licensee = m.licensee AND s.user = m.user)
               AS assigned_at_us
    FROM members m
         LEFT JOIN journal.persons p ON p.user = m.user
         LEFT JOIN usage u ON u.user = m.user";

/// The members of one licensee that a query wants, in any order.
struct Filter<'a> {
    licensee: &'a LicenseeId,
    assigned: Option<bool>,
    status: Option<&'static str>,
    needle: Option<String>,
}

impl<'a> Filter<'a> {
    fn new(licensee: &'a LicenseeId, query: &MembersQuery) -> Self {
        Self {
            licensee,
            assigned: query.assigned,
            status: query.status.map(|status| status.as_str()),
            needle: query.search.as_deref().map(fold),
        }
    }

    /// The condition in SQL; it takes the first three parameters.
    fn condition(&self) -> String {
        // By the list of holders, so that a few of them are found at once among many members.
        let by_seat = match self.assigned {
            Some(true) => "AND m.user IN (SELECT user FROM seats WHERE licensee = ?1)",
            Some(false) => "AND m.user NOT IN (SELECT user FROM seats WHERE licensee = ?1)",
            None => "",
        };
        format!(
            "m.licensee = ?1 {by_seat}
             AND (?2 IS NULL OR m.status = ?2)
             AND (?3 IS NULL OR contains_folded(m.user, ?3) OR contains_folded(p.username, ?3)
                             OR contains_folded(p.name, ?3) OR contains_folded(p.email, ?3))"
        )
    }

    /// Those behind an id, in order of their ids; one beyond the limit, to tell whether more follow.
    fn after(
        &self,
        connection: &Connection,
        after: &str,
        descending: bool,
        limit: usize,
    ) -> rusqlite::Result<Vec<MemberView>> {
        let (behind, direction) = if descending { ("<", "DESC") } else { (">", "ASC") };
        let mut statement = connection.prepare_cached(&format!(
            "{SELECT} WHERE {} AND m.user {behind} ?4 ORDER BY m.user {direction} LIMIT ?5",
            self.condition()
        ))?;
        let limit = page::one_beyond(limit);
        let wanted = params![self.licensee.as_str(), self.status, self.needle, after, limit];
        statement.query_map(wanted, read_member)?.collect()
    }

    /// The ids of all, in an order.
    fn ordered(&self, connection: &Connection, sort: MemberSort) -> rusqlite::Result<Vec<UserId>> {
        let key = match sort.key {
            MemberSortKey::User => "m.user",
            MemberSortKey::Username => "p.username",
            MemberSortKey::LastUsedAt => "u.last_used_at_us",
            MemberSortKey::AssignedAt => "assigned_at_us",
        };
        let direction = if sort.descending { "DESC" } else { "ASC" };
        let mut statement = connection.prepare_cached(&format!(
            "{SELECT} WHERE {} ORDER BY {key} {direction} NULLS LAST, m.user",
            self.condition()
        ))?;
        let wanted = params![self.licensee.as_str(), self.status, self.needle];
        statement.query_map(wanted, |row| id(row, 0))?.collect()
    }

    /// Those of an order from its start on, as they are now, and where the next page starts.
    ///
    /// Whoever is gone or no longer wanted meanwhile is left out.
    fn following(
        &self,
        connection: &Connection,
        order: &Order,
        limit: usize,
    ) -> rusqlite::Result<(Vec<MemberView>, usize)> {
        let mut statement =
            connection.prepare_cached(&format!("{SELECT} WHERE {} AND m.user = ?4", self.condition()))?;
        let mut items = Vec::new();
        let mut next = order.start;
        for user in order.users.iter().skip(order.start) {
            if items.len() == limit {
                break;
            }
            let wanted: [&dyn ToSql; 4] = [&self.licensee.as_str(), &self.status, &self.needle, &user.as_str()];
            items.extend(statement.query_row(wanted, read_member).optional()?);
            next += 1;
        }
        Ok((items, next))
    }
}

fn read_member(row: &Row<'_>) -> rusqlite::Result<MemberView> {
    let assigned_at = instant_if_any(row, 7)?;
    Ok(MemberView {
        user: id(row, 0)?,
        username: row.get(1)?,
        name: row.get(2)?,
        role: word(row, 3)?,
        user_type: word(row, 4)?,
        status: word(row, 5)?,
        assigned: assigned_at.is_some(),
        assigned_at,
        last_used_at: instant_if_any(row, 6)?,
    })
}
