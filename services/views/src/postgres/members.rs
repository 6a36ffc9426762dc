//! The members of each licensee.

use std::collections::BTreeMap;

use licensing::{LicenseeId, Member, UserId, UserStatus};
use postgres::{
    Row, Transaction,
    types::{ToSql, Type},
};

use super::{
    calls::{Calls, Param, texts},
    database::{Failure, unreadable},
    value::{count, id, plain, unsigned, word},
};
use crate::{
    MemberSort, MemberSortKey, MemberView, StrayMember,
    changes::{MemberChange, Standing},
    tables::{Found, WantedMembers},
};

/// Notes what becomes of memberships; seats are to be noted before.
pub(super) fn change<'a>(calls: &mut Calls<'a>, changes: &'a BTreeMap<(LicenseeId, UserId), MemberChange>) {
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
    if !put.users.is_empty() {
        calls.add("put_members", put.into_params());
    }
    if !updated.users.is_empty() {
        calls.add("update_members", updated.into_params());
    }
    if !removed.users.is_empty() {
        calls.add("remove_members", [texts(removed.licensees), texts(removed.users)]);
    }
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

    fn into_params(self) -> [Param<'a>; 5] {
        [texts(self.licensees), texts(self.users), texts(self.roles), texts(self.types), texts(self.statuses)]
    }
}

/// The first member of whom it is noted wrongly whether there is a seat.
pub(super) fn stray(transaction: &mut Transaction<'_>) -> Result<Option<StrayMember>, Failure> {
    let row = transaction.query_typed_opt(
        "SELECT licensee, user_id, seated FROM usher_views.members m
         WHERE seated <> EXISTS (SELECT FROM usher_views.seats s
                                 WHERE s.licensee = m.licensee AND s.user_id = m.user_id)
         ORDER BY licensee, user_id LIMIT 1",
        &[],
    )?;
    row.map(|row| Ok(StrayMember { licensee: id(&row, 0)?, user: id(&row, 1)?, found: plain(&row, 2)? })).transpose()
}

const COLUMNS: &str = "
    m.user_id, p.username, p.name, m.role, m.type, m.status, u.last_used_at,
    (SELECT min(s.assigned_at) FROM usher_views.seats s WHERE s.licensee = m.licensee AND s.user_id = m.user_id)";

const JOINED: &str = "
    LEFT JOIN usher.persons p ON p.user_id = m.user_id
    LEFT JOIN usher_views.usage u ON u.user_id = m.user_id";

/// How many are looked at in an order at one go: for each who is wanted so many, and no fewer than this.
const LOOKS_A_FIND: usize = 4;
const LOOKS_AT_ONCE_MIN: usize = 1_000;

/// A value that members are ordered by, as a text, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Valued {
    pub(super) value: String,
    pub(super) user: String,
}

/// What is gone along, in SQL: a value and whose it is.
struct Looking<'a> {
    value: &'a str,
    user: &'a str,
    direction: &'a str,
}

/// A text without regard to letter case, in SQL. What is ASCII needs no Unicode, which takes several times as long.
fn folded(text: &str) -> String {
    format!(
        "CASE WHEN octet_length({text}) = length({text}) THEN lower({text} COLLATE \"C\")
              ELSE usher_views.folded({text}) END"
    )
}

/// The members that are wanted, in SQL.
pub(super) struct Filter<'a> {
    licensee: &'a str,
    assigned: Option<bool>,
    status: Option<&'static str>,
    search: Option<&'a str>,
    /// How many may be looked at for one page.
    looks: usize,
    /// As how many it counts to look at somebody in an order by a value.
    cost_by_value: usize,
}

impl<'a> Filter<'a> {
    pub(super) fn new(wanted: &WantedMembers<'a>) -> Self {
        Self {
            licensee: wanted.licensee.as_str(),
            assigned: wanted.assigned,
            status: wanted.status.map(UserStatus::as_str),
            search: wanted.search,
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

    /// Rows from `from`, which has to name members `m`, after the condition and whatever `rest` says.
    fn select(&self, columns: &str, from: &str, rest: &str) -> String {
        format!("SELECT {columns} FROM {from} {JOINED} WHERE {} {rest}", self.condition())
    }

    /// The condition; it takes the first three parameters.
    fn condition(&self) -> String {
        let by_seat = match self.assigned {
            Some(true) => "AND m.seated",
            Some(false) => "AND NOT m.seated",
            None => "",
        };
        let contains = |text| format!("strpos({}, usher_views.folded($3)) > 0", folded(text));
        let [user, username, name, email] = ["m.user_id", "p.username", "p.name", "p.email"].map(contains);
        format!(
            "(m.licensee = $1 {by_seat}
              AND ($2 IS NULL OR m.status = $2)
              AND ($3 IS NULL OR {user} OR {username} OR {name} OR {email}))"
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
    ) -> Result<Found<MemberView, UserId>, Failure> {
        let Found { items: users, next, looked_at } = self.ids(transaction, after, descending, limit, self.looks)?;
        let users: Vec<&str> = users.iter().map(UserId::as_str).collect();
        let found = self.among(transaction, &users, limit)?;
        Ok(Found { items: found.into_iter().map(|(_, member)| member).collect(), next, looked_at })
    }

    /// The ids of those behind an id, in their order, among so many who are looked at.
    pub(super) fn ids(
        &self,
        transaction: &mut Transaction<'_>,
        after: Option<&str>,
        descending: bool,
        limit: usize,
        looks: usize,
    ) -> Result<Found<UserId, UserId>, Failure> {
        let (behind, direction) = if descending { ("<", "DESC") } else { (">", "ASC") };
        if self.search.is_some() {
            let looking = Looking { value: "m.user_id", user: "m.user_id", direction };
            // The condition is on the person as well: else a merge would begin with the first person of all.
            let from = format!(
                "usher_views.members m
                 LEFT JOIN usher.persons p ON p.user_id = m.user_id AND ($4 IS NULL OR p.user_id {behind} $4)
                 WHERE m.licensee = $1 AND ($4 IS NULL OR m.user_id {behind} $4)"
            );
            let found = self.look_along(transaction, &looking, &from, (after, None), (limit, looks))?;
            let user = |valued: Valued| UserId::parse(&valued.user).map_err(|error| unreadable(error.to_string()));
            let items = found.items.into_iter().map(user).collect::<Result<_, _>>()?;
            return Ok(Found { items, next: found.next.map(user).transpose()?, looked_at: found.looked_at });
        }
        let most = limit;
        let limit = count(limit);
        let rows = if self.assigned.is_some() || self.status.is_some() {
            // Those of each standing, in order of their ids already: however few are wanted among many, nobody else is
            // looked at.
            let sql = format!(
                "SELECT found.user_id
                 FROM unnest($2) AS seated (wanted), unnest($3) AS status (wanted), LATERAL (
                     SELECT m.user_id FROM usher_views.members m
                     WHERE m.licensee = $1 AND m.seated = seated.wanted AND m.status = status.wanted
                       AND ($4 IS NULL OR m.user_id {behind} $4)
                     ORDER BY m.user_id {direction} LIMIT $5) AS found
                 ORDER BY found.user_id {direction} LIMIT $5"
            );
            let seated = self.assigned.map_or_else(|| vec![false, true], |assigned| vec![assigned]);
            let all = || UserStatus::ALL.iter().map(|status| status.as_str()).collect();
            let statuses: Vec<&str> = self.status.map_or_else(all, |status| vec![status]);
            transaction.query_typed(
                &sql,
                &[
                    (&self.licensee, Type::TEXT),
                    (&seated, Type::BOOL_ARRAY),
                    (&statuses, Type::TEXT_ARRAY),
                    (&after, Type::TEXT),
                    (&limit, Type::INT8),
                ],
            )?
        } else {
            let rest = format!("AND ($4 IS NULL OR m.user_id {behind} $4) ORDER BY m.user_id {direction} LIMIT $5");
            let sql = self.select("m.user_id", "usher_views.members m", &rest);
            transaction.query_typed(&sql, &self.params([(&after, Type::TEXT), (&limit, Type::INT8)]))?
        };
        let items: Vec<UserId> = rows.iter().map(|row| id(row, 0)).collect::<Result<_, _>>()?;
        let next = items.last().filter(|_| items.len() == most).cloned();
        Ok(Found { looked_at: items.len(), items, next })
    }

    /// Goes along `from`, which has to name members `m` and persons `p`, until so many were found or looked at.
    fn look_along(
        &self,
        transaction: &mut Transaction<'_>,
        looking: &Looking<'_>,
        from: &str,
        (last_value, last_user): (Option<&str>, Option<&str>),
        (limit, looks): (usize, usize),
    ) -> Result<Found<Valued, Valued>, Failure> {
        let Looking { value, user, direction } = looking;
        let sql = format!(
            "SELECT value::text, user_id, is_wanted, place
             FROM (SELECT {value} AS value, {user} AS user_id, coalesce({}, false) AS is_wanted,
                          row_number() OVER (ORDER BY {value} {direction}, {user}) AS place
                   FROM {from}
                   ORDER BY {value} {direction}, {user} LIMIT $6) AS looked_at
             WHERE is_wanted OR place = $6 ORDER BY value {direction}, user_id LIMIT $7",
            self.condition()
        );
        let (most_looks, most) = (count(looks), count(limit));
        let more: [(&(dyn ToSql + Sync), Type); 4] =
            [(&last_value, Type::TEXT), (&last_user, Type::TEXT), (&most_looks, Type::INT8), (&most, Type::INT8)];
        let rows = transaction.query_typed(&sql, &self.params(more))?;
        let mut found = Found { items: Vec::new(), next: None, looked_at: looks };
        for row in &rows {
            let valued = Valued { value: plain(row, 0)?, user: plain(row, 1)? };
            let looked_at: usize = unsigned(row, 3)?;
            if plain(row, 2)? {
                found.items.push(valued.clone());
            }
            if found.items.len() >= limit || looked_at >= looks {
                found.looked_at = looked_at;
                found.next = Some(valued);
                break;
            }
        }
        Ok(found)
    }

    /// Those with a value behind a place in an order of values, in that order, among so many who are looked at.
    pub(super) fn by_value(
        &self,
        transaction: &mut Transaction<'_>,
        sort: MemberSort,
        behind: Option<&Valued>,
        limit: usize,
        looks: usize,
    ) -> Result<Found<Valued, Valued>, Failure> {
        let (value, value_type, source) = match sort.key {
            MemberSortKey::User => ("v.user_id", "text", "usher_views.members v"),
            MemberSortKey::Username => ("v.username", "text", "usher.persons v"),
            MemberSortKey::LastUsedAt => ("v.last_used_at", "timestamptz", "usher_views.usage v"),
            MemberSortKey::AssignedAt => ("v.assigned_at", "timestamptz", "usher_views.seats v"),
        };
        let of_licensee = match sort.key {
            MemberSortKey::User => "AND v.licensee = $1",
            MemberSortKey::Username | MemberSortKey::LastUsedAt => "",
            // Of several seats the first one counts.
            MemberSortKey::AssignedAt => {
                "AND v.licensee = $1
                 AND NOT EXISTS (SELECT FROM usher_views.seats e WHERE e.licensee = $1 AND e.user_id = v.user_id
                                 AND (e.assigned_at, e.product) < (v.assigned_at, v.product))"
            }
        };
        let (beyond, direction) = if sort.descending { ("<", "DESC") } else { (">", "ASC") };
        let is_behind = match behind {
            Some(_) => format!(
                "AND {value} {beyond}= $4::{value_type} AND ({value} {beyond} $4::{value_type} OR v.user_id > $5)"
            ),
            None => "AND $4 IS NULL AND $5 IS NULL".to_owned(),
        };
        let (last_value, last_user) = behind.map(|last| (last.value.as_str(), last.user.as_str())).unzip();
        // Whoever is no member counts as looked at too: of many licensees' users few may be members of this one.
        let from = format!(
            "{source} LEFT JOIN usher_views.members m ON m.licensee = $1 AND m.user_id = v.user_id
             LEFT JOIN usher.persons p ON p.user_id = v.user_id
             WHERE true {of_licensee} {is_behind}"
        );
        let looking = Looking { value, user: "v.user_id", direction };
        // All that may be looked at is looked at, also when enough is found before: most lists find enough among few.
        let enough = limit.saturating_mul(LOOKS_A_FIND).max(LOOKS_AT_ONCE_MIN);
        let looks = if self.search.is_some() { looks } else { looks.min(enough) };
        self.look_along(transaction, &looking, &from, (last_value, last_user), (limit, looks))
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
