//! A trial starts (R13, R14, R19).

use super::{active_subscription, add_on_orders::unknown_add_on, assign_seats::assign_starters, known_licensee};
use crate::{AddOnId, Code, EmailAddress, Event, Refusal, Seats, TrialStarted, UserId, draft::Draft};

pub(super) fn run(
    draft: &mut Draft<'_>,
    add_on: &AddOnId,
    contact_email: Option<&EmailAddress>,
    started_by: Option<&UserId>,
) -> Result<(), Refusal> {
    known_licensee(draft)?;
    let (product, described) = draft.catalogue().add_on(add_on).ok_or_else(|| unknown_add_on(add_on))?;
    let subscription = active_subscription(draft)?;
    if described.trial_plan.as_ref() != Some(&subscription.plan) {
        return Err(Refusal::new(
            Code::PlanNotEligible,
            format!("{add_on} can't be tried on plan {}", subscription.plan),
        ));
    }
    if draft.account().ever_had(add_on) {
        return Err(Refusal::new(Code::TrialAlreadyUsed, format!("{add_on} was held or tried before: purchase it")));
    }
    if draft.account().recorded().trials.contains_key(product) {
        return Err(Refusal::new(
            Code::ConflictingAddOns,
            format!("another trial of product {product} is running: wait for its end"),
        ));
    }
    let ends_at = subscription.ends_at.min(draft.now() + draft.catalogue().trial_length());
    check_instance(draft, contact_email)?;

    let product = product.clone();
    let started = TrialStarted {
        product: product.clone(),
        add_on: add_on.clone(),
        seats: Seats::known(draft.catalogue().trial_seats()),
        ends_at,
        started_by: started_by.cloned(),
    };
    draft.change(|draft| draft.emit(Event::TrialStarted(started)));
    if !draft.account().synchronises() {
        assign_starters(draft, started_by.map(|user| (product, user.clone())));
    }
    Ok(())
}

/// An instance has to say who its contact is, and to be new enough.
fn check_instance(draft: &Draft<'_>, contact_email: Option<&EmailAddress>) -> Result<(), Refusal> {
    if !draft.account().synchronises() {
        return Ok(());
    }
    // Without a contact on either side nobody is it.
    let contact = draft.context().facts.contact_email();
    if contact.is_none() || contact.as_ref() != contact_email {
        return Err(Refusal::new(
            Code::ContactEmailMismatch,
            "the contact e-mail address is not the one of the subscription: use that one",
        ));
    }
    let oldest = draft.catalogue().trial_min_version();
    if draft.account().instance_version().is_none_or(|version| version < oldest) {
        return Err(Refusal::new(
            Code::InstanceVersionTooOld,
            format!("trials need version {oldest} or later: upgrade the instance and synchronise it"),
        ));
    }
    Ok(())
}
