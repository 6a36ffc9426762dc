//! The sweep that should find nothing (R27): it looks at every seat, and trusts no count.

use crate::{ProductId, RemovalReason, UserId, draft::Draft, surplus};

pub(super) fn run(draft: &mut Draft<'_>) {
    let products: Vec<ProductId> = draft.catalogue().products().cloned().collect();
    for product in products {
        sweep(draft, &product, ineligible_holders(draft, &product));
        sweep(draft, &product, surplus_holders(draft, &product));
    }
}

fn sweep(draft: &mut Draft<'_>, product: &ProductId, holders: Vec<UserId>) {
    for user in holders {
        draft.remove_seat(product, &user, RemovalReason::Swept);
    }
}

fn ineligible_holders(draft: &Draft<'_>, product: &ProductId) -> Vec<UserId> {
    let licensee = draft.licensee();
    licensee.holders(product).filter(|user| !licensee.is_eligible(user)).collect()
}

fn surplus_holders(draft: &Draft<'_>, product: &ProductId) -> Vec<UserId> {
    let Some(grant) = draft.account().grant(product, draft.catalogue()) else { return Vec::new() };
    let surplus = draft.licensee().holders(product).count().saturating_sub(grant.quantity as usize);
    if surplus == 0 {
        return Vec::new();
    }
    surplus::in_order_of_removal(draft, product).into_iter().take(surplus).map(|(user, _)| user).collect()
}
