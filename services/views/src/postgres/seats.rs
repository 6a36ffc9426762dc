//! The seats that are held, retained ones included.

use std::collections::BTreeMap;

use licensing::Instant;

use super::{
    calls::{Calls, instants, numbers, texts},
    value::{signed, storable},
};
use crate::changes::{Seat, SeatKey};

/// Notes what becomes of seats, and with the members there are whether they have one now.
pub(super) fn change<'a>(calls: &mut Calls<'a>, changes: &'a BTreeMap<SeatKey, Option<Seat>>) {
    if changes.is_empty() {
        return;
    }
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
    calls.add(
        "change_seats",
        [
            texts(given.licensees),
            texts(given.users),
            texts(given.products),
            instants(given.assigned_at),
            numbers(given.versions),
            texts(removed.licensees),
            texts(removed.users),
            texts(removed.products),
        ],
    );
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
