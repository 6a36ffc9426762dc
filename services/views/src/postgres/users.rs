//! The users: everybody who was ever named as a member, in a status or in a use.
//!
//! A user may be named in any shard, so several processes may write about the same one at a time. What they write goes
//! together in any order, and each statement takes the rows in the order of their keys, so that nobody waits in a circle.

use std::collections::BTreeMap;

use licensing::{Instant, ProductId, UserId, UserStatus};
use postgres::{Row, Transaction, types::Type};

use super::{
    calls::{Calls, instants, texts},
    database::Failure,
    licensees::read_account,
    value::{id, plain, word},
};
use crate::users::{UserRow, UserSeatRow};

/// Notes that users were named, and the status of those of whom it was set; whoever is new and has none is active.
pub(super) fn name<'a>(calls: &mut Calls<'a>, users: &'a BTreeMap<UserId, Option<UserStatus>>) {
    if users.is_empty() {
        return;
    }
    let ids: Vec<&str> = users.keys().map(UserId::as_str).collect();
    calls.add("name_users", [texts(ids), (Box::new(UserStatus::Active.as_str()), Type::TEXT)]);
    let changed = users.iter().filter_map(|(user, status)| Some((user.as_str(), (*status)?.as_str())));
    let (ids, statuses): (Vec<&str>, Vec<&str>) = changed.unzip();
    if !ids.is_empty() {
        // These are of this process's own shards: nobody else changes them.
        calls.add("set_statuses", [texts(ids), texts(statuses)]);
    }
}

/// Notes uses; only the last one of each user counts.
pub(super) fn use_at<'a>(calls: &mut Calls<'a>, uses: &'a BTreeMap<UserId, Instant>) {
    if uses.is_empty() {
        return;
    }
    let (users, times): (Vec<&str>, Vec<Instant>) = uses.iter().map(|(user, at)| (user.as_str(), *at)).unzip();
    calls.add("use_at", [texts(users), instants(times)]);
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
