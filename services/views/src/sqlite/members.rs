//! The members of each licensee.

use licensing::{LicenseeId, Member, UserId, UserStatus};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::{
    text_search::fold,
    value::{count, id, instant_if_any, word},
};
use crate::{
    MemberSort, MemberSortKey, MemberView,
    changes::{MemberChange, Standing},
    tables::WantedMembers,
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
        "INSERT OR REPLACE INTO members (licensee, user, role, type, status) VALUES (?1, ?2, ?3, ?4, ?5)",
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
}

impl<'a> Filter<'a> {
    pub(super) fn new(wanted: &WantedMembers<'a>) -> Self {
        Self {
            licensee: wanted.licensee.as_str(),
            assigned: wanted.assigned,
            status: wanted.status.map(UserStatus::as_str),
            needle: wanted.search.map(fold),
        }
    }

    /// The condition; it takes the first three parameters.
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

    /// Those behind an id, in order of their ids.
    pub(super) fn by_id(
        &self,
        connection: &Connection,
        after: Option<&str>,
        descending: bool,
        limit: usize,
    ) -> rusqlite::Result<Vec<MemberView>> {
        let (behind, direction, start) = if descending { ("<", "DESC", AFTER_ALL) } else { (">", "ASC", BEFORE_ALL) };
        let mut statement = connection.prepare_cached(&format!(
            "{SELECT} WHERE {} AND m.user {behind} ?4 ORDER BY m.user {direction} LIMIT ?5",
            self.condition()
        ))?;
        let wanted = params![self.licensee, self.status, self.needle, after.unwrap_or(start), count(limit)];
        statement.query_map(wanted, read_member)?.collect()
    }

    /// The ids of all, in an order.
    pub(super) fn in_order(&self, connection: &Connection, sort: MemberSort) -> rusqlite::Result<Vec<UserId>> {
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
        statement.query_map(params![self.licensee, self.status, self.needle], |row| id(row, 0))?.collect()
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
        for user in order.iter().skip(start) {
            if items.len() == limit {
                break;
            }
            let wanted: [&dyn ToSql; 4] = [&self.licensee, &self.status, &self.needle, &user.as_str()];
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
