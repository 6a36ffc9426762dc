//! Reading the erasable tables (R30).

use std::{collections::HashMap, hash::Hash};

use postgres::{Row, types::Type};

use super::{
    failure::Failure,
    pool::Pool,
    value::{plain, storable, unsigned},
};
use crate::{JournalError, LicenseeDetails, Person, StatusReason};

/// How many users of one name are given at most.
const USERS_NAMED_MAX: i64 = 16;
/// How many reasons about one user are given at most.
const REASONS_MAX: i64 = 1_000;

/// The persons behind user ids, in their order.
pub(super) fn persons(pool: &Pool, users: &[&str]) -> Result<Vec<Option<Person>>, JournalError> {
    let found = pool.query_all(
        "SELECT p.* FROM unnest($1) AS w (user_id) CROSS JOIN LATERAL (
             SELECT user_id, username, name, email FROM usher.persons WHERE user_id = w.user_id LIMIT 1) AS p",
        &[(&users, Type::TEXT_ARRAY)],
        |row| read_person(row, 0),
    )?;
    Ok(in_order(users, found, |person| person.user.as_str()))
}

/// A person, from four columns on.
pub(super) fn read_person(row: &Row, first: usize) -> Result<Person, Failure> {
    Ok(Person {
        user: plain(row, first)?,
        username: plain(row, first + 1)?,
        name: plain(row, first + 2)?,
        email: plain(row, first + 3)?,
    })
}

/// The users that bear a user name.
pub(super) fn users_named(pool: &Pool, username: &str) -> Result<Vec<String>, JournalError> {
    pool.query_all(
        "SELECT user_id FROM usher.persons WHERE username = $1 ORDER BY user_id LIMIT $2",
        &[(&storable(username), Type::TEXT), (&USERS_NAMED_MAX, Type::INT8)],
        |row| plain(row, 0),
    )
}

/// The users that bear each of many user names, in the order that was asked for.
pub(super) fn users_of_names(pool: &Pool, usernames: &[&str]) -> Result<Vec<Vec<String>>, JournalError> {
    let names: Vec<String> = usernames.iter().map(|username| storable(username)).collect();
    let found = pool.query_all(
        "SELECT w.place - 1, p.user_id FROM unnest($1) WITH ORDINALITY AS w (username, place) CROSS JOIN LATERAL (
             SELECT user_id FROM usher.persons WHERE username = w.username ORDER BY user_id LIMIT $2) AS p
         ORDER BY w.place, p.user_id",
        &[(&names, Type::TEXT_ARRAY), (&USERS_NAMED_MAX, Type::INT8)],
        |row| Ok((unsigned::<usize>(row, 0)?, plain(row, 1)?)),
    )?;
    let mut users = vec![Vec::new(); usernames.len()];
    for (place, user) in found {
        if let Some(users) = users.get_mut(place) {
            users.push(user);
        }
    }
    Ok(users)
}

/// The details of licensees, in the order that was asked for.
pub(super) fn licensees(pool: &Pool, licensees: &[&str]) -> Result<Vec<Option<LicenseeDetails>>, JournalError> {
    let found = pool.query_all(
        "SELECT d.* FROM unnest($1) AS w (licensee) CROSS JOIN LATERAL (
             SELECT licensee, name, contact_email FROM usher.licensee_details WHERE licensee = w.licensee LIMIT 1) AS d",
        &[(&licensees, Type::TEXT_ARRAY)],
        |row| Ok(LicenseeDetails { licensee: plain(row, 0)?, name: plain(row, 1)?, contact_email: plain(row, 2)? }),
    )?;
    Ok(in_order(licensees, found, |details| details.licensee.as_str()))
}

/// The reasons for changes of a user's status.
pub(super) fn status_reasons(pool: &Pool, user: &str) -> Result<Vec<StatusReason>, JournalError> {
    pool.query_all(
        "SELECT command_id, user_id, reason FROM usher.status_reasons WHERE user_id = $1 ORDER BY command_id LIMIT $2",
        &[(&user, Type::TEXT), (&REASONS_MAX, Type::INT8)],
        |row| Ok(StatusReason { command_id: plain(row, 0)?, user: plain(row, 1)?, reason: plain(row, 2)? }),
    )
}

/// What was found, in the order that was asked for; `None` for what was not.
pub(super) fn in_order<K: Eq + Hash + ?Sized, T: Clone>(
    asked: &[&K],
    found: Vec<T>,
    key: impl Fn(&T) -> &K,
) -> Vec<Option<T>> {
    let by_key: HashMap<&K, &T> = found.iter().map(|one| (key(one), one)).collect();
    asked.iter().map(|asked| by_key.get(asked).map(|one| (*one).clone())).collect()
}
