//! Orders of members that are kept in tables.
//!
//! A cursor by a value that changes would skip or repeat whoever moves past it, and an order in the memory of one node
//! would mean nothing to the one that a balancer sends the next request to. So the order is in the database, a thousand ids
//! a row, in tables without a log: keeping one costs no more than writing its ids once, and losing it only that whoever was
//! paging starts again. Orders of many members grow as they are read (`growing`).

use licensing::UserId;
use postgres::{Transaction, types::Type};

use super::{
    database::{Failure, unreadable},
    growing::Growing,
    members::Filter,
    value::{count, plain, signed, unsigned},
};
use crate::{
    MemberSort, ViewsError,
    members::{OrderName, OrderPlace},
    tables::Portion,
};

/// How many orders are kept at most, and how many ids they have together; one order alone may have more, so that every
/// list can be read to its end.
const ORDERS_MAX: i64 = 1_000;
const IDS_MAX: i64 = 10_000_000;
/// For how long an order is kept that nobody uses.
pub(super) const UNUSED: &str = "interval '1 hour'";
/// How many ids a row has.
const PART_IDS: usize = 1_000;

/// Keeps an order that was fixed elsewhere.
pub(super) fn keep_users(transaction: &mut Transaction<'_>, name: OrderName, users: &[UserId]) -> Result<(), Failure> {
    forget_unused(transaction)?;
    let (name, users) = (name.0.cast_signed(), users.iter().map(UserId::as_str).collect::<Vec<&str>>());
    transaction.execute_typed(
        &format!(
            "INSERT INTO usher_views.orders (name, members, expires_at)
             VALUES ($1, cardinality($2), now() + {UNUSED})"
        ),
        &[(&name, Type::INT8), (&users, Type::TEXT_ARRAY)],
    )?;
    transaction.execute_typed(
        "INSERT INTO usher_views.order_parts (name, part, users)
         SELECT $1, (place - 1) / $3, array_agg(user_id ORDER BY place)
         FROM unnest($2) WITH ORDINALITY AS ordered (user_id, place) GROUP BY (place - 1) / $3",
        &[(&name, Type::INT8), (&users, Type::TEXT_ARRAY), (&count(PART_IDS), Type::INT8)],
    )?;
    Ok(())
}

/// Whoever comes from a place in an order on, `limit` at most, and how many the whole order has.
pub(super) fn users_from(
    transaction: &mut Transaction<'_>,
    place: OrderPlace,
    limit: usize,
) -> Result<(Vec<UserId>, usize), Failure> {
    let end = renew(transaction, place.order)?.ok_or(ViewsError::ExpiredCursor)?;
    let mut users = Vec::new();
    while place.start + users.len() < end && users.len() < limit {
        let ids = part(transaction, place.order, place.start + users.len())?;
        // An empty part is one that somebody forgot meanwhile.
        if ids.is_empty() {
            return Err(ViewsError::ExpiredCursor.into());
        }
        for id in ids.iter().take(limit - users.len()) {
            users.push(UserId::parse(id).map_err(|error| unreadable(error.to_string()))?);
        }
    }
    Ok((users, end))
}

/// The members from a place in an order on, as they are now.
pub(super) fn follow(
    transaction: &mut Transaction<'_>,
    filter: &Filter<'_>,
    sort: MemberSort,
    place: OrderPlace,
    limit: usize,
) -> Result<Portion, Failure> {
    let end = renew(transaction, place.order)?.ok_or(ViewsError::ExpiredCursor)?;
    if let Some(order) = Growing::kept(transaction, place.order, sort)? {
        return order.portion(transaction, filter, place, limit);
    }
    let (mut items, mut start) = (Vec::new(), place.start);
    while start < end && items.len() < limit {
        let ids = part(transaction, place.order, start)?;
        let users: Vec<&str> = ids.iter().map(String::as_str).collect();
        let found = filter.among(transaction, &users, limit - items.len())?;
        // A full page ends behind its last member; whoever follows in this part comes with the next one.
        let is_full = items.len() + found.len() == limit;
        let behind = found.last().filter(|_| is_full).map_or(users.len(), |(last, _)| last + 1);
        // An empty part is one that somebody forgot meanwhile.
        if behind == 0 {
            return Err(ViewsError::ExpiredCursor.into());
        }
        start += behind;
        items.extend(found.into_iter().map(|(_, member)| member));
    }
    let next = (start < end).then_some(place.behind(start));
    Ok(Portion { items, next })
}

/// The ids from a place in an order on.
pub(super) fn follow_ids(
    transaction: &mut Transaction<'_>,
    filter: &Filter<'_>,
    sort: MemberSort,
    place: OrderPlace,
    limit: usize,
) -> Result<Portion<UserId>, Failure> {
    renew(transaction, place.order)?.ok_or(ViewsError::ExpiredCursor)?;
    if let Some(order) = Growing::kept(transaction, place.order, sort)? {
        return order.ids(transaction, filter, place, limit);
    }
    let (items, end) = users_from(transaction, place, limit)?;
    let next = place.start.saturating_add(items.len());
    Ok(Portion { items, next: (next < end).then_some(place.behind(next)) })
}

/// Keeps an order for longer; gives how many ids it has, `None` if it is no longer kept.
fn renew(transaction: &mut Transaction<'_>, name: OrderName) -> Result<Option<usize>, Failure> {
    let row = transaction.query_typed_opt(
        &format!(
            "UPDATE usher_views.orders SET expires_at = now() + {UNUSED} WHERE name = $1 AND expires_at > now()
             RETURNING members"
        ),
        &[(&name.0.cast_signed(), Type::INT8)],
    )?;
    row.map(|row| unsigned(&row, 0)).transpose()
}

/// The ids from a place on, up to the end of the row that it lies in.
fn part(transaction: &mut Transaction<'_>, name: OrderName, start: usize) -> Result<Vec<String>, Failure> {
    let (part, within) = (start / PART_IDS, start % PART_IDS);
    let row = transaction.query_typed_opt(
        "SELECT users[$3::integer:] FROM usher_views.order_parts WHERE name = $1 AND part = $2",
        &[
            (&name.0.cast_signed(), Type::INT8),
            (&signed(part as u64), Type::INT8),
            (&signed(within as u64 + 1), Type::INT8),
        ],
    )?;
    row.map_or(Ok(Vec::new()), |row| plain(&row, 0))
}

/// Removes what was not used for longest.
pub(super) fn forget_unused(transaction: &mut Transaction<'_>) -> Result<(), Failure> {
    // Whatever somebody else removes or uses at the moment is left to them.
    transaction.execute_typed(
        "DELETE FROM usher_views.orders WHERE name IN (
             SELECT name FROM usher_views.orders
             WHERE expires_at <= now() OR name IN (
                 SELECT name FROM (
                     SELECT name, row_number() OVER recent AS place, sum(members) OVER recent AS ids
                     FROM usher_views.orders WINDOW recent AS (ORDER BY expires_at DESC, name)
                 ) AS kept WHERE place > 1 AND (place >= $1 OR ids > $2))
             FOR UPDATE SKIP LOCKED)",
        &[(&ORDERS_MAX, Type::INT8), (&IDS_MAX, Type::INT8)],
    )?;
    Ok(())
}
