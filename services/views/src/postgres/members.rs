//! The members of each licensee.

use std::collections::BTreeMap;

use licensing::{LicenseeId, Member, UserId, UserStatus};
use postgres::{
    Row, Transaction,
    types::{ToSql, Type},
};

use super::{
    database::Failure,
    value::{count, id, plain, unsigned, word},
};
use crate::{
    MemberSort, MemberSortKey, MemberView,
    changes::{MemberChange, Standing},
    tables::WantedMembers,
};

/// Notes what becomes of memberships.
pub(super) fn change(
    transaction: &mut Transaction<'_>,
    changes: &BTreeMap<(LicenseeId, UserId), MemberChange>,
) -> Result<(), Failure> {
    let (mut put, mut updated, mut removed) = (Changed::default(), Changed::default(), Changed::default());
    for ((licensee, user), change) in changes {
        match *change {
            MemberChange::Put(Member { role, user_type, status }) => {
                put.push(licensee, user, Some(Standing { role, user_type }), Some(status));
            }
            MemberChange::Update { standing, status } => updated.push(licensee, user, standing, status),
            MemberChange::Remove => removed.push(licensee, user, None, None),
        }
    }
    put.execute(transaction, PUT)?;
    updated.execute(transaction, UPDATE)?;
    removed.execute(transaction, REMOVE)
}

/// What changed of some members, column by column.
#[derive(Default)]
struct Changed<'a> {
    licensees: Vec<&'a str>,
    users: Vec<&'a str>,
    roles: Vec<Option<&'static str>>,
    types: Vec<Option<&'static str>>,
    statuses: Vec<Option<&'static str>>,
}

impl<'a> Changed<'a> {
    fn push(
        &mut self,
        licensee: &'a LicenseeId,
        user: &'a UserId,
        standing: Option<Standing>,
        status: Option<UserStatus>,
    ) {
        self.licensees.push(licensee.as_str());
        self.users.push(user.as_str());
        self.roles.push(standing.map(|standing| standing.role.as_str()));
        self.types.push(standing.map(|standing| standing.user_type.as_str()));
        self.statuses.push(status.map(UserStatus::as_str));
    }

    fn execute(&self, transaction: &mut Transaction<'_>, sql: &str) -> Result<(), Failure> {
        if self.users.is_empty() {
            return Ok(());
        }
        let params: [(&(dyn ToSql + Sync), Type); 5] = [
            (&self.licensees, Type::TEXT_ARRAY),
            (&self.users, Type::TEXT_ARRAY),
            (&self.roles, Type::TEXT_ARRAY),
            (&self.types, Type::TEXT_ARRAY),
            (&self.statuses, Type::TEXT_ARRAY),
        ];
        transaction.execute_typed(sql, &params)?;
        Ok(())
    }
}

const PUT: &str = "
    INSERT INTO usher_views.members (licensee, user_id, role, type, status)
    SELECT licensee, user_id, role, type, status
    FROM unnest($1, $2, $3, $4, $5) AS w (licensee, user_id, role, type, status)
    ON CONFLICT (licensee, user_id) DO UPDATE SET (role, type, status) = (excluded.role, excluded.type, excluded.status)";

const UPDATE: &str = "
    UPDATE usher_views.members m
    SET role = coalesce(w.role, m.role), type = coalesce(w.type, m.type), status = coalesce(w.status, m.status)
    FROM unnest($1, $2, $3, $4, $5) AS w (licensee, user_id, role, type, status)
    WHERE m.licensee = w.licensee AND m.user_id = w.user_id";

const REMOVE: &str = "
    DELETE FROM usher_views.members m
    USING unnest($1, $2, $3, $4, $5) AS w (licensee, user_id, role, type, status)
    WHERE m.licensee = w.licensee AND m.user_id = w.user_id";

const COLUMNS: &str = "
    m.user_id, p.username, p.name, m.role, m.type, m.status, u.last_used_at,
    (SELECT min(s.assigned_at) FROM usher_views.seats s WHERE s.licensee = m.licensee AND s.user_id = m.user_id)";

const JOINED: &str = "
    LEFT JOIN usher.persons p ON p.user_id = m.user_id
    LEFT JOIN usher_views.usage u ON u.user_id = m.user_id";

/// The members that are wanted, in SQL.
pub(super) struct Filter<'a> {
    licensee: &'a str,
    assigned: Option<bool>,
    status: Option<&'static str>,
    search: Option<&'a str>,
}

impl<'a> Filter<'a> {
    pub(super) fn new(wanted: &WantedMembers<'a>) -> Self {
        Self {
            licensee: wanted.licensee.as_str(),
            assigned: wanted.assigned,
            status: wanted.status.map(UserStatus::as_str),
            search: wanted.search,
        }
    }

    /// Rows from `from`, which has to name members `m`, after the condition and whatever `rest` says.
    fn select(&self, columns: &str, from: &str, rest: &str) -> String {
        // By the list of holders, so that a few of them are found at once among many members.
        let by_seat = match self.assigned {
            Some(true) => "AND m.user_id IN (SELECT user_id FROM usher_views.seats WHERE licensee = $1)",
            Some(false) => {
                "AND NOT EXISTS (SELECT FROM usher_views.seats h WHERE h.licensee = $1 AND h.user_id = m.user_id)"
            }
            None => "",
        };
        format!(
            "SELECT {columns} FROM {from} {JOINED}
             WHERE m.licensee = $1 {by_seat}
               AND ($2 IS NULL OR m.status = $2)
               AND ($3 IS NULL OR strpos(usher_views.folded(m.user_id), usher_views.folded($3)) > 0
                               OR strpos(usher_views.folded(p.username), usher_views.folded($3)) > 0
                               OR strpos(usher_views.folded(p.name), usher_views.folded($3)) > 0
                               OR strpos(usher_views.folded(p.email), usher_views.folded($3)) > 0)
             {rest}"
        )
    }

    /// The parameters of the condition, and `more` behind them.
    fn params<'p, const N: usize>(
        &'p self,
        more: [(&'p (dyn ToSql + Sync), Type); N],
    ) -> Vec<(&'p (dyn ToSql + Sync), Type)> {
        let mine: [(&(dyn ToSql + Sync), Type); 3] =
            [(&self.licensee, Type::TEXT), (&self.status, Type::TEXT), (&self.search, Type::TEXT)];
        mine.into_iter().chain(more).collect()
    }

    /// Those behind an id, in order of their ids.
    pub(super) fn by_id(
        &self,
        transaction: &mut Transaction<'_>,
        after: Option<&str>,
        descending: bool,
        limit: usize,
    ) -> Result<Vec<MemberView>, Failure> {
        let (behind, direction) = if descending { ("<", "DESC") } else { (">", "ASC") };
        let rest = format!("AND ($4 IS NULL OR m.user_id {behind} $4) ORDER BY m.user_id {direction} LIMIT $5");
        let sql = self.select(COLUMNS, "usher_views.members m", &rest);
        let limit = count(limit);
        let rows = transaction.query_typed(&sql, &self.params([(&after, Type::TEXT), (&limit, Type::INT8)]))?;
        rows.iter().map(read_member).collect()
    }

    /// The first ones in an order.
    pub(super) fn first_in_order(
        &self,
        transaction: &mut Transaction<'_>,
        sort: MemberSort,
        limit: usize,
    ) -> Result<Vec<MemberView>, Failure> {
        let sql = self.select(COLUMNS, SORTED, &format!("{} LIMIT $4", order_by(sort)));
        let rows = transaction.query_typed(&sql, &self.params([(&count(limit), Type::INT8)]))?;
        rows.iter().map(read_member).collect()
    }

    /// A query for the ids of all, each with its place in an order from 0, and its parameters.
    pub(super) fn all_in_order(&self, sort: MemberSort) -> (String, Vec<(&(dyn ToSql + Sync), Type)>) {
        let columns = format!("m.user_id, row_number() OVER ({}) - 1 AS place", order_by(sort));
        (self.select(&columns, SORTED, ""), self.params([]))
    }

    /// Those among `users`, in their order, as they are now, each with its place among them from 0.
    pub(super) fn among(
        &self,
        transaction: &mut Transaction<'_>,
        users: &[&str],
        limit: usize,
    ) -> Result<Vec<(usize, MemberView)>, Failure> {
        let columns = format!("{COLUMNS}, o.place - 1");
        let from = "unnest($4) WITH ORDINALITY AS o (user_id, place)
                    JOIN usher_views.members m ON m.user_id = o.user_id";
        let sql = self.select(&columns, from, "ORDER BY o.place LIMIT $5");
        let limit = count(limit);
        let rows = transaction.query_typed(&sql, &self.params([(&users, Type::TEXT_ARRAY), (&limit, Type::INT8)]))?;
        rows.iter().map(|row| Ok((unsigned(row, 8)?, read_member(row)?))).collect()
    }
}

/// Members with the time of their first seat, all at one go.
const SORTED: &str = "
    usher_views.members m
    LEFT JOIN (SELECT user_id, min(assigned_at) AS assigned_at FROM usher_views.seats
               WHERE licensee = $1 GROUP BY user_id) held ON held.user_id = m.user_id";

fn order_by(sort: MemberSort) -> String {
    let key = match sort.key {
        MemberSortKey::User => "m.user_id",
        MemberSortKey::Username => "p.username COLLATE \"C\"",
        MemberSortKey::LastUsedAt => "u.last_used_at",
        MemberSortKey::AssignedAt => "held.assigned_at",
    };
    let direction = if sort.descending { "DESC" } else { "ASC" };
    format!("ORDER BY {key} {direction} NULLS LAST, m.user_id")
}

fn read_member(row: &Row) -> Result<MemberView, Failure> {
    let assigned_at: Option<licensing::Instant> = plain(row, 7)?;
    Ok(MemberView {
        user: id(row, 0)?,
        username: plain(row, 1)?,
        name: plain(row, 2)?,
        role: word(row, 3)?,
        user_type: word(row, 4)?,
        status: word(row, 5)?,
        assigned: assigned_at.is_some(),
        assigned_at,
        last_used_at: plain(row, 6)?,
    })
}
