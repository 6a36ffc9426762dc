//! Seats are given: to one user, to many, to whoever starts a trial (R13, R19, R23, R24).

use super::{Report, check_list_size, first_mentions, known_licensee, known_product};
use crate::{AssignMode, AssignmentCause, Code, Event, Grant, ProductId, Refusal, UserId, draft::Draft};

pub(super) fn one(draft: &mut Draft<'_>, product: &ProductId, user: &UserId) -> Result<(), Refusal> {
    known_licensee(draft)?;
    known_product(draft, product)?;
    if draft.licensee().holds(product, user) {
        return Ok(());
    }
    let grant = open_pool(draft, product)?;
    check_user(draft, product, &grant, user)?;
    give(draft, product, &grant, user, AssignmentCause::Requested);
    Ok(())
}

pub(super) fn many(
    draft: &mut Draft<'_>,
    product: &ProductId,
    users: &[UserId],
    mode: AssignMode,
) -> Result<Report, Refusal> {
    check_list_size(draft, users)?;
    known_licensee(draft)?;
    known_product(draft, product)?;
    let grant = open_pool(draft, product)?;
    let (already_assigned, wanting): (Vec<&UserId>, Vec<&UserId>) =
        first_mentions(users).into_iter().partition(|user| draft.licensee().holds(product, user));
    if mode == AssignMode::AllOrNothing {
        check_all(draft, product, &grant, &wanting)?;
    }
    let (mut assigned, mut failed) = (Vec::new(), Vec::new());
    for user in wanting {
        match check_user(draft, product, &grant, user) {
            Ok(()) => {
                give(draft, product, &grant, user, AssignmentCause::Requested);
                assigned.push(user.clone());
            }
            Err(refusal) => failed.push((user.clone(), refusal.code)),
        }
    }
    let already_assigned = already_assigned.into_iter().cloned().collect();
    Ok(Report::Assigned { assigned, already_assigned, failed })
}

/// Gives whoever started a trial its first seat, without a mail; nobody if none is free or the member can't have one.
pub(crate) fn assign_starters(draft: &mut Draft<'_>, starters: impl IntoIterator<Item = (ProductId, UserId)>) {
    for (product, user) in starters {
        let Ok(grant) = open_pool(draft, &product) else { continue };
        let has_none = !draft.licensee().holds(&product, &user);
        if has_none && check_user(draft, &product, &grant, &user).is_ok() {
            give(draft, &product, &grant, &user, AssignmentCause::TrialStarter);
        }
    }
}

/// What the pool grants, if seats can be given at all.
pub(super) fn open_pool(draft: &Draft<'_>, product: &ProductId) -> Result<Grant, Refusal> {
    let catalogue = draft.catalogue();
    let grant = draft.account().grant(product, catalogue).ok_or_else(|| {
        Refusal::new(Code::PurchaseNotActive, format!("{product} has no active add-on: purchase one first"))
    })?;
    if !draft.account().synchronises() {
        return Ok(grant);
    }
    let oldest = catalogue.add_on(&grant.add_on).map(|(_, add_on)| &add_on.min_version);
    let version = draft.account().instance_version();
    match oldest {
        Some(oldest) if version.is_none_or(|version| version < oldest) => Err(Refusal::new(
            Code::InstanceVersionTooOld,
            format!("{} needs version {oldest} or later: upgrade the instance and synchronise it", grant.add_on),
        )),
        _ => Ok(grant),
    }
}

fn free_seats(draft: &Draft<'_>, product: &ProductId, grant: &Grant) -> u32 {
    grant.quantity.saturating_sub(draft.account().pool(product).map_or(0, |pool| pool.assigned))
}

pub(super) fn check_user(draft: &Draft<'_>, product: &ProductId, grant: &Grant, user: &UserId) -> Result<(), Refusal> {
    if free_seats(draft, product, grant) == 0 {
        return Err(Refusal::new(
            Code::NoSeatsAvailable,
            format!("all {} seats of {product} are taken: remove one, or purchase more", grant.quantity),
        )
        .with_seats(0, 1));
    }
    if !draft.licensee().is_eligible(user) {
        return Err(Refusal::new(
            Code::InvalidUserMembership,
            format!("user {user} is no eligible member: only active people with a sufficient role are"),
        )
        .with_users(vec![user.clone()]));
    }
    Ok(())
}

fn check_all(draft: &Draft<'_>, product: &ProductId, grant: &Grant, wanting: &[&UserId]) -> Result<(), Refusal> {
    let invalid: Vec<UserId> =
        wanting.iter().filter(|user| !draft.licensee().is_eligible(user)).map(|user| (*user).clone()).collect();
    if !invalid.is_empty() {
        return Err(Refusal::new(
            Code::InvalidUserIdPresent,
            format!("{} of the users are no eligible members: leave them out", invalid.len()),
        )
        .with_users(invalid));
    }
    let available = free_seats(draft, product, grant);
    let requested = u32::try_from(wanting.len()).unwrap_or(u32::MAX);
    if requested > available {
        return Err(Refusal::new(
            Code::NotEnoughSeats,
            format!("{available} seats are free and {requested} are wanted: name fewer users, or purchase more"),
        )
        .with_seats(available, requested));
    }
    Ok(())
}

pub(super) fn give(draft: &mut Draft<'_>, product: &ProductId, grant: &Grant, user: &UserId, cause: AssignmentCause) {
    draft.emit(Event::SeatAssigned {
        user: user.clone(),
        product: product.clone(),
        add_on: grant.add_on.clone(),
        cause,
    });
}
