//! A subscription starts (R1, R4).

use super::{add_on_orders, unknown_to_catalogue};
use crate::{
    Account, Code, Event, Instant, Phase, PlanId, Refusal, Seats, StartSubscription, SubscriptionStarted, draft::Draft,
};

pub(super) fn run(draft: &mut Draft<'_>, start: &StartSubscription) -> Result<(), Refusal> {
    check_none_runs(draft.account())?;
    check_offering(draft.account(), start)?;
    check_plan(draft, &start.plan)?;
    let seats = Seats::at_least_one(start.seats)?;
    check_term(start, draft.now())?;
    let add_ons = add_on_orders::read(start.add_ons.as_deref().unwrap_or_default(), draft.catalogue())?;
    add_on_orders::check_fit(&add_ons, &start.plan, seats, draft.catalogue())?;

    draft.change(|draft| {
        draft.emit(Event::SubscriptionStarted(SubscriptionStarted {
            offering: start.offering,
            subscription: start.subscription.clone(),
            plan: start.plan.clone(),
            seats,
            starts_at: start.starts_at,
            ends_at: start.ends_at,
            instance_version: start.instance_version.clone(),
            add_ons,
        }));
    });
    Ok(())
}

pub(super) fn check_plan(draft: &Draft<'_>, plan: &PlanId) -> Result<(), Refusal> {
    if draft.catalogue().has_plan(plan) {
        return Ok(());
    }
    Err(Refusal::new(Code::UnknownPlan, unknown_to_catalogue("plan", plan.as_str())))
}

fn check_none_runs(account: &Account) -> Result<(), Refusal> {
    let running = account
        .recorded()
        .subscription
        .as_ref()
        .filter(|subscription| matches!(subscription.phase, Phase::Scheduled | Phase::Active));
    match running {
        None => Ok(()),
        Some(subscription) => Err(Refusal::new(
            Code::SubscriptionAlreadyActive,
            format!("a subscription until {} runs already: renew or cancel it", subscription.ends_at.to_rfc3339()),
        )),
    }
}

fn check_offering(account: &Account, start: &StartSubscription) -> Result<(), Refusal> {
    match account.offering() {
        Some(offering) if offering != start.offering => Err(Refusal::new(
            Code::OfferingMismatch,
            format!("the licensee's offering is {offering} and never changes: {} is another", start.offering),
        )),
        _ => Ok(()),
    }
}

fn check_term(start: &StartSubscription, now: Instant) -> Result<(), Refusal> {
    if start.starts_at >= start.ends_at {
        return Err(Refusal::new(Code::InvalidTerm, "the term ends before it starts: ends_at must be later"));
    }
    if start.ends_at <= now {
        return Err(Refusal::new(Code::InvalidTerm, "the term is over already: ends_at must be in the future"));
    }
    Ok(())
}
