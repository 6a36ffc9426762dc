//! The users: everybody who was ever named as a member, in a status or in a use.
//!
//! A user may be named in any shard, so several processes may write about the same one at a time. What they write goes
//! together in any order, and each statement takes the rows in the order of their keys, so that nobody waits in a circle.

use std::collections::BTreeMap;

use licensing::{Instant, ProductId, UserId, UserStatus};
use postgres::{Row, Transaction, types::Type};

use super::{
    database::Failure,
    licensees::read_account,
    value::{id, plain, word},
};
use crate::users::{UserRow, UserSeatRow};

/// Notes that users were named, and the status of those of whom it was set; whoever is new and has none is active.
pub(super) fn name(
    transaction: &mut Transaction<'_>,
    users: &BTreeMap<UserId, Option<UserStatus>>,
) -> Result<(), Failure> {
    if users.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = users.keys().map(UserId::as_str).collect();
    transaction.execute_typed(
        "INSERT INTO usher_views.users (user_id, status)
         SELECT user_id, $2 FROM unnest($1) AS w (user_id)
         ON CONFLICT (user_id) DO NOTHING",
        &[(&ids, Type::TEXT_ARRAY), (&UserStatus::Active.as_str(), Type::TEXT)],
    )?;
    let changed = users.iter().filter_map(|(user, status)| Some((user.as_str(), (*status)?.as_str())));
    let (ids, statuses): (Vec<&str>, Vec<&str>) = changed.unzip();
    if ids.is_empty() {
        return Ok(());
    }
    // These are of this process's own shards: nobody else changes them.
    transaction.execute_typed(
        "UPDATE usher_views.users u SET status = w.status
         FROM unnest($1, $2) AS w (user_id, status) WHERE u.user_id = w.user_id",
        &[(&ids, Type::TEXT_ARRAY), (&statuses, Type::TEXT_ARRAY)],
    )?;
    Ok(())
}

/// Notes uses; only the last one of each user counts.
pub(super) fn use_at(transaction: &mut Transaction<'_>, uses: &BTreeMap<UserId, Instant>) -> Result<(), Failure> {
    if uses.is_empty() {
        return Ok(());
    }
    let (users, times): (Vec<&str>, Vec<Instant>) = uses.iter().map(|(user, at)| (user.as_str(), *at)).unzip();
    transaction.execute_typed(
        "INSERT INTO usher_views.usage AS u (user_id, last_used_at)
         SELECT user_id, last_used_at FROM unnest($1, $2) AS w (user_id, last_used_at)
         ON CONFLICT (user_id) DO UPDATE SET last_used_at = greatest(u.last_used_at, excluded.last_used_at)",
        &[(&users, Type::TEXT_ARRAY), (&times, Type::TIMESTAMPTZ_ARRAY)],
    )?;
    Ok(())
}

/// The user of this id.
pub(super) fn one(transaction: &mut Transaction<'_>, user: &UserId) -> Result<Option<UserRow>, Failure> {
    // One statement, so that status and seats are of one moment.
    let rows = transaction.query_typed(
        "SELECT u.status, s.licensee, s.product, s.assigned_at, l.account
         FROM usher_views.users u
              LEFT JOIN (usher_views.seats s JOIN usher_views.licensees l ON l.licensee = s.licensee)
                  ON s.user_id = u.user_id
         WHERE u.user_id = $1 ORDER BY s.licensee, s.product",
        &[(&user.as_str(), Type::TEXT)],
    )?;
    let Some(first) = rows.first() else { return Ok(None) };
    let seats = rows.iter().filter_map(|row| read_seat(row).transpose());
    Ok(Some(UserRow { status: word(first, 0)?, seats: seats.collect::<Result<_, _>>()? }))
}

fn read_seat(row: &Row) -> Result<Option<UserSeatRow>, Failure> {
    if plain::<Option<&str>>(row, 1)?.is_none() {
        return Ok(None);
    }
    let (licensee, product) = (id(row, 1)?, ProductId::new(plain(row, 2)?));
    Ok(Some(UserSeatRow { licensee, product, assigned_at: plain(row, 3)?, account: read_account(row, 4)? }))
}
