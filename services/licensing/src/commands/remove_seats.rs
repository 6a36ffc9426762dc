//! Seats are taken because somebody asks for it, in grace too (R25).

use super::{Report, check_list_size, first_mentions, known_licensee, known_product};
use crate::{Code, ProductId, Refusal, RemovalReason, UserId, draft::Draft};

pub(super) fn one(draft: &mut Draft<'_>, product: &ProductId, user: &UserId) -> Result<(), Refusal> {
    known_licensee(draft)?;
    known_product(draft, product)?;
    if draft.licensee().holds(product, user) {
        draft.remove_seat(product, user, RemovalReason::Requested);
    }
    Ok(())
}

pub(super) fn many(draft: &mut Draft<'_>, product: &ProductId, users: &[UserId]) -> Result<Report, Refusal> {
    check_list_size(draft, users)?;
    known_licensee(draft)?;
    known_product(draft, product)?;
    let (holders, others): (Vec<&UserId>, Vec<&UserId>) =
        first_mentions(users).into_iter().partition(|user| draft.licensee().holds(product, user));
    if holders.is_empty() {
        return Err(Refusal::new(Code::NoAssignmentsFound, format!("none of the users has a seat of {product}")));
    }
    for user in &holders {
        draft.remove_seat(product, user, RemovalReason::Requested);
    }
    Ok(Report::Removed {
        removed: holders.into_iter().cloned().collect(),
        without_seat: others.into_iter().cloned().collect(),
    })
}
