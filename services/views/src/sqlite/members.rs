//! The members of each licensee.

use licensing::{LicenseeId, Member, UserId, UserStatus};
use rusqlite::{Connection, OptionalExtension, Row, Rows, ToSql, params, types::Value};

use super::{
    text_search::fold,
    value::{count, id, instant_if_any, word},
};
use crate::{
    MemberSort, MemberSortKey, MemberView, StrayMember,
    changes::{MemberChange, Standing},
    tables::{Found, WantedMembers},
};

/// Comes before every id.
const BEFORE_ALL: &str = "";
/// Comes after every id: ids are ASCII.
const AFTER_ALL: &str = "\u{10ffff}";

/// Notes what becomes of a membership.
pub(super) fn change(
    connection: &Connection,
    licensee: &LicenseeId,
    user: &UserId,
    change: &MemberChange,
) -> rusqlite::Result<()> {
    match change {
        MemberChange::Put(member) => put(connection, licensee, user, member),
        MemberChange::Update { standing, status } => update(connection, licensee, user, *standing, *status),
        MemberChange::Remove => remove(connection, licensee, user),
    }
}

fn put(connection: &Connection, licensee: &LicenseeId, user: &UserId, member: &Member) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO members (licensee, user, role, type, status, seated)
         VALUES (?1, ?2, ?3, ?4, ?5, EXISTS (SELECT 1 FROM seats WHERE licensee = ?1 AND user = ?2))",
    )?;
    let Member { role, user_type, status } = member;
    statement.execute(params![licensee.as_str(), user.as_str(), role.as_str(), user_type.as_str(), status.as_str()])?;
    Ok(())
}

fn update(
    connection: &Connection,
    licensee: &LicenseeId,
    user: &UserId,
    standing: Option<Standing>,
    status: Option<UserStatus>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE members SET role = coalesce(?3, role), type = coalesce(?4, type), status = coalesce(?5, status)
         WHERE licensee = ?1 AND user = ?2",
    )?;
    let role = standing.map(|standing| standing.role.as_str());
    let user_type = standing.map(|standing| standing.user_type.as_str());
    let status = status.map(UserStatus::as_str);
    statement.execute(params![licensee.as_str(), user.as_str(), role, user_type, status])?;
    Ok(())
}

fn remove(connection: &Connection, licensee: &LicenseeId, user: &UserId) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("DELETE FROM members WHERE licensee = ?1 AND user = ?2")?;
    statement.execute([licensee.as_str(), user.as_str()])?;
    Ok(())
}

/// Hands every membership to `each`.
pub(super) fn for_each(connection: &Connection, mut each: impl FnMut(LicenseeId, UserId)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT licensee, user FROM members")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(id(row, 0)?, id(row, 1)?);
    }
    Ok(())
}

/// The first member of whom it is noted wrongly whether there is a seat.
pub(super) fn stray(connection: &Connection) -> rusqlite::Result<Option<StrayMember>> {
    let mut statement = connection.prepare_cached(
        "SELECT licensee, user, seated FROM members m
         WHERE seated <> EXISTS (SELECT 1 FROM seats s WHERE s.licensee = m.licensee AND s.user = m.user)
         ORDER BY licensee, user LIMIT 1",
    )?;
    let read = |row: &Row<'_>| {
        let noted: i64 = row.get(2)?;
        Ok(StrayMember { licensee: id(row, 0)?, user: id(row, 1)?, found: noted != 0 })
    };
    statement.query_row([], read).optional()
}

const SELECT: &str = "
    SELECT m.user, p.username, p.name, m.role, m.type, m.status, u.last_used_at_us,
           (SELECT min(s.assigned_at_us) FROM seats s WHERE s.licensee = m.licensee AND s.user = m.user)
               AS assigned_at_us
    FROM members m
         LEFT JOIN journal.persons p ON p.user = m.user
         LEFT JOIN usage u ON u.user = m.user";

/// The members that are wanted, in SQL.
pub(super) struct Filter<'a> {
    licensee: &'a str,
    assigned: Option<bool>,
    status: Option<&'static str>,
    needle: Option<String>,
    /// How many may be looked at for one page.
    looks: usize,
    /// As how many it counts to look at somebody in an order by a value.
    cost_by_value: usize,
}

/// A value that members are ordered by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Valued {
    value: Value,
    pub(super) user: UserId,
}

impl<'a> Filter<'a> {
    pub(super) fn new(wanted: &WantedMembers<'a>) -> Self {
        Self {
            licensee: wanted.licensee.as_str(),
            assigned: wanted.assigned,
            status: wanted.status.map(UserStatus::as_str),
            needle: wanted.search.map(fold),
            looks: wanted.looks,
            cost_by_value: wanted.cost_by_value(),
        }
    }

    /// As how many looks it counts to look at somebody in an order by a value.
    pub(super) const fn cost_by_value(&self) -> usize {
        self.cost_by_value
    }

    /// How many may be looked at for one page.
    pub(super) const fn looks(&self) -> usize {
        self.looks
    }

    /// The condition; it takes the first three parameters.
    fn condition(&self) -> String {
        format!("({} AND {})", self.standing(), self.matching("m.user"))
    }

    /// What has to hold of the member `m`.
    fn standing(&self) -> String {
        // With a plus: by its other index members would not come in the order that the statement goes by.
        let by_seat = match self.assigned {
            Some(true) => "AND +m.seated = 1",
            Some(false) => "AND +m.seated = 0",
            None => "",
        };
        format!("m.licensee = ?1 {by_seat} AND (?2 IS NULL OR +m.status = ?2)")
    }

    /// What has to hold of the texts of the person `p`.
    fn matching(&self, user: &str) -> String {
        match self.needle {
            Some(_) => format!(
                "(contains_folded({user}, ?3) OR contains_folded(p.username, ?3)
                  OR contains_folded(p.name, ?3) OR contains_folded(p.email, ?3))"
            ),
            None => "?3 IS NULL".to_owned(),
        }
    }

    fn condition_params(&self) -> [&dyn ToSql; 3] {
        [&self.licensee, &self.status, &self.needle]
    }

    /// Those behind an id, in order of their ids.
    pub(super) fn by_id(
        &self,
        connection: &Connection,
        after: Option<&str>,
        descending: bool,
        limit: usize,
    ) -> rusqlite::Result<Found<MemberView, UserId>> {
        // In one transaction, as all reads are, so nobody goes in between: fewer than are wanted are the last ones.
        let Found { items: users, next, looked_at } = self.ids(connection, after, descending, limit, self.looks)?;
        let (items, _) = self.following(connection, &users, 0, limit)?;
        Ok(Found { items, next, looked_at })
    }

    /// The ids of those behind an id, in their order, among so many who are looked at.
    pub(super) fn ids(
        &self,
        connection: &Connection,
        after: Option<&str>,
        descending: bool,
        limit: usize,
        looks: usize,
    ) -> rusqlite::Result<Found<UserId, UserId>> {
        if self.needle.is_none() && (self.assigned.is_some() || self.status.is_some()) {
            let users = self.ids_by_standing(connection, after, descending, limit)?;
            let next = users.last().filter(|_| users.len() == limit).cloned();
            return Ok(Found { looked_at: users.len(), items: users, next });
        }
        let (behind, direction, start) = bounds(descending);
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {}, m.user FROM members m LEFT JOIN journal.persons p ON p.user = m.user
             WHERE m.licensee = ?1 AND m.user {behind} ?4 ORDER BY m.user {direction}",
            self.condition()
        ))?;
        let [licensee, status, needle] = self.condition_params();
        let rows = statement.query(params![licensee, status, needle, after.unwrap_or(start)])?;
        look_along(rows, limit, looks, |row| id(row, 1))
    }

    /// The same from an index that has those of each standing in order of their ids: however few are wanted among many,
    /// nobody else is looked at.
    fn ids_by_standing(
        &self,
        connection: &Connection,
        after: Option<&str>,
        descending: bool,
        limit: usize,
    ) -> rusqlite::Result<Vec<UserId>> {
        let (behind, direction, start) = bounds(descending);
        let mut statement = connection.prepare_cached(&format!(
            "SELECT user FROM members
             WHERE licensee = ?1 AND seated = ?2 AND status = ?3 AND user {behind} ?4
             ORDER BY user {direction} LIMIT ?5"
        ))?;
        let mut users: Vec<UserId> = Vec::new();
        for seated in [false, true].into_iter().filter(|seated| self.assigned.is_none_or(|wanted| wanted == *seated)) {
            let statuses = UserStatus::ALL.iter().map(|status| status.as_str());
            for status in statuses.filter(|status| self.status.is_none_or(|wanted| wanted == *status)) {
                let wanted = params![self.licensee, seated, status, after.unwrap_or(start), count(limit)];
                let found = statement.query_map(wanted, |row| id(row, 0))?;
                found.into_iter().try_for_each(|user| user.map(|user| users.push(user)))?;
            }
        }
        users.sort_unstable();
        if descending {
            users.reverse();
        }
        users.truncate(limit);
        Ok(users)
    }

    /// Those with a value behind a place in an order of values, in that order, among so many who are looked at.
    pub(super) fn by_value(
        &self,
        connection: &Connection,
        sort: MemberSort,
        behind: Option<&Valued>,
        limit: usize,
        looks: usize,
    ) -> rusqlite::Result<Found<Valued, Valued>> {
        let (value, source) = match sort.key {
            MemberSortKey::User => ("v.user", "members v"),
            MemberSortKey::Username => ("v.username", "journal.persons v"),
            MemberSortKey::LastUsedAt => ("v.last_used_at_us", "usage v"),
            MemberSortKey::AssignedAt => ("v.assigned_at_us", "seats v"),
        };
        let of_licensee = match sort.key {
            MemberSortKey::User | MemberSortKey::AssignedAt => "v.licensee = ?1",
            MemberSortKey::Username | MemberSortKey::LastUsedAt => "true",
        };
        // Of several seats the first one counts.
        let counts = match sort.key {
            MemberSortKey::AssignedAt => {
                "NOT EXISTS (SELECT 1 FROM seats e WHERE e.licensee = ?1 AND e.user = v.user
                             AND (e.assigned_at_us, e.product) < (v.value, v.product))"
            }
            _ => "true",
        };
        let product = if matches!(sort.key, MemberSortKey::AssignedAt) { ", v.product AS product" } else { "" };
        let (beyond, direction) = if sort.descending { ("<", "DESC") } else { (">", "ASC") };
        let is_behind = match behind {
            Some(_) => format!("{value} {beyond}= ?4 AND ({value} {beyond} ?4 OR v.user > ?5)"),
            None => "?4 IS NULL AND ?5 IS NULL".to_owned(),
        };
        let (texts, standing) = (self.matching("v.user"), self.standing());
        // What is inside goes along an index alone, and its limit keeps it apart: else many of one value would all be looked
        // up before they are sorted by their ids. Whoever a search does not find is not looked up among the members.
        let mut statement = connection.prepare_cached(&format!(
            "SELECT CASE WHEN {texts} AND {counts}
                         THEN EXISTS (SELECT 1 FROM members m WHERE m.user = v.user AND {standing}) ELSE false END,
                    v.value, v.user
             FROM (SELECT {value} AS value, v.user AS user{product} FROM {source}
                   WHERE {of_licensee} AND {is_behind} ORDER BY {value} {direction}, v.user LIMIT -1) v
                  LEFT JOIN journal.persons p ON p.user = v.user"
        ))?;
        let [licensee, status, needle] = self.condition_params();
        let (last_value, last_user) = behind.map(|last| (&last.value, last.user.as_str())).unzip();
        let rows = statement.query(params![licensee, status, needle, last_value, last_user])?;
        look_along(rows, limit, looks, |row| Ok(Valued { value: row.get(1)?, user: id(row, 2)? }))
    }

    /// Those of an order from `start` on, as they are now, and where the next part starts.
    pub(super) fn following(
        &self,
        connection: &Connection,
        order: &[UserId],
        start: usize,
        limit: usize,
    ) -> rusqlite::Result<(Vec<MemberView>, usize)> {
        let mut statement =
            connection.prepare_cached(&format!("{SELECT} WHERE {} AND m.user = ?4", self.condition()))?;
        let mut items = Vec::new();
        let mut next = start;
        let [licensee, status, needle] = self.condition_params();
        for user in order.iter().skip(start) {
            if items.len() == limit {
                break;
            }
            let wanted: [&dyn ToSql; 4] = [licensee, status, needle, &user.as_str()];
            items.extend(statement.query_row(wanted, read_member).optional()?);
            next += 1;
        }
        Ok((items, next))
    }
}

/// Goes along rows whose first column says whether they are wanted, until so many were found or looked at.
fn look_along<P: Clone>(
    mut rows: Rows<'_>,
    limit: usize,
    looks: usize,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<P>,
) -> rusqlite::Result<Found<P, P>> {
    let (mut items, mut looked_at): (Vec<P>, usize) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        looked_at = looked_at.saturating_add(1);
        if row.get(0)? {
            items.push(read(row)?);
        }
        if items.len() >= limit || looked_at >= looks {
            return Ok(Found { items, next: Some(read(row)?), looked_at });
        }
    }
    Ok(Found { items, next: None, looked_at })
}

/// What is behind an id, which way it goes, and where it begins.
const fn bounds(descending: bool) -> (&'static str, &'static str, &'static str) {
    if descending { ("<", "DESC", AFTER_ALL) } else { (">", "ASC", BEFORE_ALL) }
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
