//! The sweep that should find nothing (R27): it looks at every seat, and trusts no count.

use std::cmp::Reverse;

use crate::{ProductId, RemovalReason, UserId, draft::Draft};

pub(super) fn run(draft: &mut Draft<'_>) {
    let products: Vec<ProductId> = draft.catalogue().products().cloned().collect();
    for product in products {
        for user in holders_who_should_not(draft, &product) {
            draft.remove_seat(&product, &user, RemovalReason::Swept);
        }
    }
}

fn holders_who_should_not(draft: &Draft<'_>, product: &ProductId) -> Vec<UserId> {
    let licensee = draft.licensee();
    let mut kept: Vec<(Reverse<u64>, UserId)> = Vec::new();
    let mut removed = Vec::new();
    for (user, seat) in licensee.roster().seats(product) {
        if licensee.is_eligible(user) {
            kept.push((Reverse(seat.order), user.clone()));
        } else {
            removed.push(user.clone());
        }
    }
    let Some(grant) = draft.account().grant(product, draft.catalogue()) else { return removed };
    let surplus = kept.len().saturating_sub(grant.quantity as usize);
    if surplus > 0 {
        kept.sort_unstable();
        removed.extend(kept.into_iter().take(surplus).map(|(_, user)| user));
    }
    removed
}
