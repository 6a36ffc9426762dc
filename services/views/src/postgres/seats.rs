//! The seats that are held, retained ones included.

use std::collections::BTreeMap;

use licensing::Instant;
use postgres::{Transaction, types::Type};

use super::{
    database::Failure,
    value::{signed, storable},
};
use crate::changes::{Seat, SeatKey};

/// Notes what becomes of seats; whether a member has one is noted with the member
/// ([`members::note_seats`](super::members::note_seats)).
pub(super) fn change(
    transaction: &mut Transaction<'_>,
    changes: &BTreeMap<SeatKey, Option<Seat>>,
) -> Result<(), Failure> {
    let (mut given, mut removed) = (Columns::default(), Columns::default());
    for (key, seat) in changes {
        match seat {
            Some(seat) => {
                given.push(key);
                given.assigned_at.push(seat.assigned_at);
                given.versions.push(signed(seat.assigned_version));
            }
            None => removed.push(key),
        }
    }
    put(transaction, &given)?;
    remove(transaction, &removed)
}

#[derive(Default)]
struct Columns<'a> {
    licensees: Vec<&'a str>,
    users: Vec<&'a str>,
    products: Vec<String>,
    assigned_at: Vec<Instant>,
    versions: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, key: &'a SeatKey) {
        self.licensees.push(key.licensee.as_str());
        self.users.push(key.user.as_str());
        self.products.push(storable(key.product.as_str()));
    }
}

fn put(transaction: &mut Transaction<'_>, given: &Columns<'_>) -> Result<(), Failure> {
    if given.users.is_empty() {
        return Ok(());
    }
    transaction.execute_typed(
        "INSERT INTO usher_views.seats (licensee, user_id, product, assigned_at, assigned_version)
         SELECT licensee, user_id, product, assigned_at, assigned_version
         FROM unnest($1, $2, $3, $4, $5) AS w (licensee, user_id, product, assigned_at, assigned_version)
         ON CONFLICT (licensee, user_id, product) DO UPDATE
         SET (assigned_at, assigned_version) = (excluded.assigned_at, excluded.assigned_version)",
        &[
            (&given.licensees, Type::TEXT_ARRAY),
            (&given.users, Type::TEXT_ARRAY),
            (&given.products, Type::TEXT_ARRAY),
            (&given.assigned_at, Type::TIMESTAMPTZ_ARRAY),
            (&given.versions, Type::INT8_ARRAY),
        ],
    )?;
    Ok(())
}

fn remove(transaction: &mut Transaction<'_>, removed: &Columns<'_>) -> Result<(), Failure> {
    if removed.users.is_empty() {
        return Ok(());
    }
    transaction.execute_typed(
        "DELETE FROM usher_views.seats s
         USING unnest($1, $2, $3) AS w (licensee, user_id, product)
         WHERE s.licensee = w.licensee AND s.user_id = w.user_id AND s.product = w.product",
        &[
            (&removed.licensees, Type::TEXT_ARRAY),
            (&removed.users, Type::TEXT_ARRAY),
            (&removed.products, Type::TEXT_ARRAY),
        ],
    )?;
    Ok(())
}
