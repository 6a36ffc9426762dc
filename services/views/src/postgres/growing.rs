//! Orders of many members, each fixed as far as somebody has paged through it: as in a file of SQLite's (`ordered_lists`),
//! but in tables, for whichever node gets the next page.

use licensing::UserId;
use postgres::{Transaction, types::Type};

use super::{
    database::{Failure, unreadable},
    members::{Filter, Valued},
    orders::{self, UNUSED},
    value::{count, id, plain, unsigned},
};
use crate::{
    MemberSort, MemberSortKey, MemberView,
    members::{OrderName, OrderPlace},
    tables::Portion,
};

/// How many ids are read at one go where many of them may be known.
const IDS_AT_ONCE: usize = 1_000;

/// An order as it is kept; whoever holds it has locked it.
pub(super) struct Growing {
    name: OrderName,
    /// How many ids are fixed.
    length: usize,
    frontier: Frontier,
    /// Whether that is still to be kept.
    has_moved: bool,
}

/// From where an order goes on.
enum Frontier {
    /// Behind a value; from the first one on at the beginning.
    Values(MemberSort, Option<Valued>),
    /// Behind an id, with whoever is not in it yet.
    Ids(Option<String>),
    /// It is whole.
    End,
}

impl Growing {
    /// Keeps one of which nothing is fixed yet.
    pub(super) fn begin(transaction: &mut Transaction<'_>, name: OrderName, sort: MemberSort) -> Result<Self, Failure> {
        orders::forget_unused(transaction)?;
        transaction.execute_typed(
            &format!(
                "INSERT INTO usher_views.orders (name, members, expires_at, stage)
                 VALUES ($1, 0, now() + {UNUSED}, 'values')"
            ),
            &[(&name.0.cast_signed(), Type::INT8)],
        )?;
        Ok(Self { name, length: 0, frontier: Frontier::Values(sort, None), has_moved: false })
    }

    /// One that is kept and locked; `None` if it is another kind of order.
    pub(super) fn kept(
        transaction: &mut Transaction<'_>,
        name: OrderName,
        sort: MemberSort,
    ) -> Result<Option<Self>, Failure> {
        let row = transaction.query_typed_opt(
            "SELECT members, stage, last_value, last_user FROM usher_views.orders WHERE name = $1 AND stage IS NOT NULL",
            &[(&name.0.cast_signed(), Type::INT8)],
        )?;
        let Some(row) = row else { return Ok(None) };
        let (value, user): (Option<String>, Option<String>) = (plain(&row, 2)?, plain(&row, 3)?);
        let frontier = match plain::<&str>(&row, 1)? {
            "values" if sort.key == MemberSortKey::Username => behind_username(transaction, sort, user)?,
            "values" => Frontier::Values(sort, value.zip(user).map(|(value, user)| Valued { value, user })),
            "ids" => Frontier::Ids(user),
            "end" => Frontier::End,
            other => return Err(unreadable(format!("an order at the stage {other}"))),
        };
        Ok(Some(Self { name, length: unsigned(&row, 0)?, frontier, has_moved: false }))
    }

    /// A part of it, of which more is fixed if need be.
    pub(super) fn portion(
        mut self,
        transaction: &mut Transaction<'_>,
        filter: &Filter<'_>,
        place: OrderPlace,
        limit: usize,
    ) -> Result<Portion, Failure> {
        let mut looks = filter.looks();
        let (mut items, mut next): (Vec<MemberView>, usize) = (Vec::new(), place.start);
        while items.len() < limit {
            let missing = limit.saturating_sub(items.len());
            self.extend_to(transaction, filter, next.saturating_add(missing), &mut looks)?;
            let users = self.users(transaction, next, missing)?;
            if users.is_empty() {
                break;
            }
            let users: Vec<&str> = users.iter().map(UserId::as_str).collect();
            items.extend(filter.among(transaction, &users, missing)?.into_iter().map(|(_, member)| member));
            next = next.saturating_add(users.len());
        }
        self.extend_to(transaction, filter, next.saturating_add(1), &mut looks)?;
        if self.has_moved {
            self.keep(transaction)?;
        }
        let may_have_more = next < self.length || !matches!(self.frontier, Frontier::End);
        let next = may_have_more.then_some(place.behind(next));
        Ok(Portion { items, next })
    }

    /// The ids of a part of it, of which more is fixed if need be.
    pub(super) fn ids(
        mut self,
        transaction: &mut Transaction<'_>,
        filter: &Filter<'_>,
        place: OrderPlace,
        limit: usize,
    ) -> Result<Portion<UserId>, Failure> {
        let mut looks = filter.looks();
        // One more tells whether more follow.
        let end = place.start.saturating_add(limit).saturating_add(1);
        self.extend_to(transaction, filter, end, &mut looks)?;
        let items = self.users(transaction, place.start, limit)?;
        if self.has_moved {
            self.keep(transaction)?;
        }
        let next = place.start.saturating_add(items.len());
        let may_have_more = next < self.length || !matches!(self.frontier, Frontier::End);
        Ok(Portion { items, next: may_have_more.then_some(place.behind(next)) })
    }

    /// Fixes so many of it, or all if it has fewer, or as many as are found among so many who may be looked at.
    fn extend_to(
        &mut self,
        transaction: &mut Transaction<'_>,
        filter: &Filter<'_>,
        wanted: usize,
        looks: &mut usize,
    ) -> Result<(), Failure> {
        while self.length < wanted && *looks > 0 {
            let missing = wanted.saturating_sub(self.length);
            let looked_at = match &self.frontier {
                Frontier::End => return Ok(()),
                Frontier::Values(sort, behind) => {
                    let sort = *sort;
                    let looks = looks.div_ceil(filter.cost_by_value());
                    let found = filter.by_value(transaction, sort, behind.as_ref(), missing, looks)?;
                    self.frontier = found.next.map_or(Frontier::Ids(None), |last| Frontier::Values(sort, Some(last)));
                    let users: Vec<&str> = found.items.iter().map(|valued| valued.user.as_str()).collect();
                    self.add(transaction, &users)?;
                    found.looked_at.saturating_mul(filter.cost_by_value())
                }
                Frontier::Ids(behind) => {
                    let limit = missing.max(IDS_AT_ONCE);
                    let found = filter.ids(transaction, behind.as_deref(), false, limit, *looks)?;
                    let last = found.next.map(|last| last.to_string());
                    self.frontier = last.map_or(Frontier::End, |last| Frontier::Ids(Some(last)));
                    let users: Vec<&str> = found.items.iter().map(UserId::as_str).collect();
                    self.add(transaction, &users)?;
                    found.looked_at
                }
            };
            self.has_moved = true;
            *looks = looks.saturating_sub(looked_at);
        }
        Ok(())
    }

    /// Adds those who are not in it yet.
    fn add(&mut self, transaction: &mut Transaction<'_>, users: &[&str]) -> Result<(), Failure> {
        let added = transaction.execute_typed(
            "INSERT INTO usher_views.ordered (name, place, user_id)
             SELECT $1, $2 + row_number() OVER (ORDER BY w.place) - 1, w.user_id
             FROM unnest($3) WITH ORDINALITY AS w (user_id, place)
             WHERE NOT EXISTS (SELECT FROM usher_views.ordered o WHERE o.name = $1 AND o.user_id = w.user_id)",
            &[(&self.name.0.cast_signed(), Type::INT8), (&count(self.length), Type::INT8), (&users, Type::TEXT_ARRAY)],
        )?;
        self.length = self.length.saturating_add(usize::try_from(added).unwrap_or(usize::MAX));
        Ok(())
    }

    fn users(&self, transaction: &mut Transaction<'_>, start: usize, limit: usize) -> Result<Vec<UserId>, Failure> {
        let rows = transaction.query_typed(
            "SELECT user_id FROM usher_views.ordered WHERE name = $1 AND place >= $2 ORDER BY place LIMIT $3",
            &[(&self.name.0.cast_signed(), Type::INT8), (&count(start), Type::INT8), (&count(limit), Type::INT8)],
        )?;
        rows.iter().map(|row| id(row, 0)).collect()
    }

    fn keep(&self, transaction: &mut Transaction<'_>) -> Result<(), Failure> {
        let (stage, value, user) = match &self.frontier {
            Frontier::Values(_, None) => ("values", None, None),
            // Names are in the erasable tables alone (R30): whose it is will do.
            Frontier::Values(sort, Some(last)) if sort.key == MemberSortKey::Username => {
                ("values", None, Some(last.user.as_str()))
            }
            Frontier::Values(_, Some(last)) => ("values", Some(last.value.as_str()), Some(last.user.as_str())),
            Frontier::Ids(last) => ("ids", None, last.as_deref()),
            Frontier::End => ("end", None, None),
        };
        transaction.execute_typed(
            "UPDATE usher_views.orders SET members = $2, stage = $3, last_value = $4, last_user = $5 WHERE name = $1",
            &[
                (&self.name.0.cast_signed(), Type::INT8),
                (&count(self.length), Type::INT8),
                (&stage, Type::TEXT),
                (&value, Type::TEXT),
                (&user, Type::TEXT),
            ],
        )?;
        Ok(())
    }
}

/// Behind the user name that somebody has by now. Whoever is passed over as it changed comes by id, and nobody twice.
fn behind_username(
    transaction: &mut Transaction<'_>,
    sort: MemberSort,
    user: Option<String>,
) -> Result<Frontier, Failure> {
    let Some(user) = user else { return Ok(Frontier::Values(sort, None)) };
    let sql = "SELECT username FROM usher.persons WHERE user_id = $1";
    let Some(row) = transaction.query_typed_opt(sql, &[(&user, Type::TEXT)])? else { return Ok(Frontier::Ids(None)) };
    Ok(Frontier::Values(sort, Some(Valued { value: plain(&row, 0)?, user })))
}
