//! Who goes when there are more seats than bought (R22).

use std::cmp::Reverse;

use crate::{Event, Instant, OverageEvidence, ProductId, RemovalReason, UserId, draft::Draft};

/// Removes the seats beyond `quantity`: first of those who never used it, the most recently assigned first; then of
/// those who did, the least recent use first, and of equal uses the most recently assigned first.
///
/// Holders who are no longer eligible would go first, but R26 leaves none.
pub(crate) fn remove(draft: &mut Draft<'_>, product: &ProductId, quantity: u32) {
    let assigned = draft.account().pool(product).map_or(0, |pool| pool.assigned);
    let Some(surplus) = assigned.checked_sub(quantity).filter(|surplus| *surplus > 0) else { return };
    for (rank, (user, last_used_at)) in (1..=surplus).zip(in_order_of_removal(draft, product)) {
        draft.emit(Event::SeatRemoved {
            user,
            product: product.clone(),
            reason: RemovalReason::Overage,
            evidence: Some(OverageEvidence { rank, last_used_at }),
        });
    }
}

/// The holders with their last use, whoever goes first in front (R22).
pub(crate) fn in_order_of_removal(draft: &Draft<'_>, product: &ProductId) -> Vec<(UserId, Option<Instant>)> {
    let roster = draft.licensee().roster();
    let (users, orders): (Vec<UserId>, Vec<u64>) = roster.seats(product).map(|(user, seat)| (user, seat.order)).unzip();
    // A use later than now counts as now.
    let now = draft.now();
    let last_uses = draft.context().facts.last_uses(&users).into_iter().map(|used| used.map(|used| used.min(now)));
    let mut holders: Vec<(Option<Instant>, Reverse<u64>, UserId)> = last_uses
        .zip(orders)
        .zip(users)
        .map(|((last_used_at, order), user)| (last_used_at, Reverse(order), user))
        .collect();
    // `None` sorts before every instant: never used goes first.
    holders.sort_unstable_by_key(|holder| (holder.0, holder.1));
    holders.into_iter().map(|(last_used_at, _, user)| (user, last_used_at)).collect()
}
