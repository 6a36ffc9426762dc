//! What all moves come to.

use std::collections::BTreeMap;

use licensing::{Catalogue, Licensee, ProductId, UserId};
use serde::Serialize;

/// What all moves between two instants come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NetTotals {
    /// Members at the end who were none at the start.
    pub members_joined: u64,
    /// Members at the start who are none at the end.
    pub members_left: u64,
    /// The seats of every product of the catalogue.
    pub seats: BTreeMap<ProductId, NetSeats>,
}

/// What the moves of a product's seats come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct NetSeats {
    /// Users with a seat at the end and none at the start.
    pub gained: u64,
    /// Users with a seat at the start and none at the end.
    pub lost: u64,
    /// Users who lost their seat in between and have one again.
    pub lost_and_regained: u64,
}

impl NetTotals {
    pub(super) fn between(before: &Licensee, after: &Licensee, catalogue: &Catalogue) -> Self {
        let not_in = |state: &Licensee, other: &Licensee| {
            count(state.roster().members().filter(|(user, _)| other.roster().member(user).is_none()))
        };
        Self {
            members_joined: not_in(after, before),
            members_left: not_in(before, after),
            seats: catalogue.products().map(|product| (product.clone(), seats(product, before, after))).collect(),
        }
    }
}

fn seats(product: &ProductId, before: &Licensee, after: &Licensee) -> NetSeats {
    // The order of assignment (R22) tells one seat of a user from an earlier one.
    let order_in = |state: &Licensee, user: &UserId| state.roster().seat(product, user).map(|seat| seat.order);
    let mut net = NetSeats {
        lost: count(before.holders(product).filter(|user| !after.holds(product, user))),
        ..NetSeats::default()
    };
    for (user, seat) in after.roster().seats(product) {
        match order_in(before, &user) {
            None => net.gained += 1,
            Some(order) if order != seat.order => net.lost_and_regained += 1,
            Some(_) => {}
        }
    }
    net
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}
