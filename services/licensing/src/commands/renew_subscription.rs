//! A subscription is renewed, at once or on a later day (R3, R4).

use super::{
    add_on_orders::{self, conversions},
    billing_scope, known_licensee,
    start_subscription::check_plan,
};
use crate::{
    Catalogue, Code, Event, Instant, Ledger, LedgerScope, PaidAddOn, Refusal, RenewSubscription, RenewalScheduled,
    Seats, Subscription, SubscriptionRenewed, draft::Draft,
};

pub(super) fn run(draft: &mut Draft<'_>, renewal: &RenewSubscription) -> Result<(), Refusal> {
    known_licensee(draft)?;
    let current = draft.account().recorded().subscription.clone().ok_or_else(|| {
        Refusal::new(Code::SubscriptionNotActive, "there never was a subscription: start one instead")
    })?;
    check_term(&current, renewal, draft.now())?;
    if let Some(plan) = &renewal.plan {
        check_plan(draft, plan)?;
    }
    let seats = renewal.seats.map(Seats::at_least_one).transpose()?;
    let ordered =
        renewal.add_ons.as_deref().map(|orders| add_on_orders::read(orders, draft.catalogue())).transpose()?;
    let add_ons = ordered.clone().unwrap_or_else(|| draft.account().recorded().paid_add_ons());
    let plan_then = renewal.plan.clone().unwrap_or_else(|| current.plan.clone());
    let seats_then = seats.unwrap_or(current.seats);
    add_on_orders::check_fit(&add_ons, &plan_then, seats_then, draft.catalogue())?;

    match renewal.starts_at.filter(|starts_at| *starts_at > draft.now()) {
        Some(starts_at) => draft.emit(Event::RenewalScheduled(RenewalScheduled {
            subscription: renewal.subscription.clone(),
            plan: renewal.plan.clone(),
            seats,
            starts_at,
            ends_at: renewal.ends_at,
            add_ons: ordered,
        })),
        None => apply(draft, renewal, Subscription { plan: plan_then, seats: seats_then, ..current }, add_ons),
    }
    Ok(())
}

fn apply(draft: &mut Draft<'_>, renewal: &RenewSubscription, then: Subscription, add_ons: Vec<PaidAddOn>) {
    let scope = billing_scope(draft.account());
    let conversions = conversions(draft.account().recorded(), scope, &add_ons);
    draft.change(|draft| {
        draft.emit(Event::SubscriptionRenewed(SubscriptionRenewed {
            ledger: scope,
            subscription: renewal.subscription.clone(),
            plan: then.plan,
            seats: then.seats,
            ends_at: renewal.ends_at,
            add_ons,
            was_scheduled: false,
            dropped: Vec::new(),
            lowered: Vec::new(),
        }));
        conversions.into_iter().for_each(|event| draft.emit(event));
    });
}

fn check_term(current: &Subscription, renewal: &RenewSubscription, now: Instant) -> Result<(), Refusal> {
    if renewal.ends_at <= now {
        return Err(Refusal::new(Code::InvalidTerm, "the renewed term is over already: ends_at must be in the future"));
    }
    let start = renewal.starts_at.map_or(current.starts_at, |starts_at| starts_at.max(current.starts_at));
    if renewal.ends_at <= start {
        return Err(Refusal::new(Code::InvalidTerm, "the renewed term ends before it starts: ends_at must be later"));
    }
    Ok(())
}

/// A waiting renewal's day has come. What no longer fits is made to: an add-on that the plan does not allow is dropped,
/// a quantity above the seats is lowered to them.
pub(crate) fn apply_waiting(draft: &mut Draft<'_>, scope: LedgerScope) {
    let ledger = draft.account().ledger(scope);
    let Some(waiting) = ledger.waiting.clone() else { return };
    let Some(renewed) = fitted(ledger, &waiting, scope, draft.catalogue()) else { return };
    let conversions = conversions(ledger, scope, &renewed.add_ons);
    draft.change(|draft| {
        draft.emit(Event::SubscriptionRenewed(renewed));
        conversions.into_iter().for_each(|event| draft.emit(event));
    });
}

fn fitted(
    ledger: &Ledger,
    waiting: &RenewalScheduled,
    scope: LedgerScope,
    catalogue: &Catalogue,
) -> Option<SubscriptionRenewed> {
    let subscription = ledger.subscription.as_ref()?;
    let plan = waiting.plan.clone().unwrap_or_else(|| subscription.plan.clone());
    let seats = waiting.seats.unwrap_or(subscription.seats);
    let wanted = waiting.add_ons.clone().unwrap_or_else(|| ledger.paid_add_ons());
    let (mut add_ons, mut dropped, mut lowered) = (Vec::new(), Vec::new(), Vec::new());
    for mut paid in wanted {
        if !add_on_orders::plan_allows(catalogue, &paid.add_on, &plan) {
            dropped.push(paid.add_on);
            continue;
        }
        if paid.quantity > seats {
            lowered.push(paid.add_on.clone());
            paid.quantity = seats;
        }
        add_ons.push(paid);
    }
    Some(SubscriptionRenewed {
        ledger: scope,
        subscription: waiting.subscription.clone(),
        plan,
        seats,
        ends_at: waiting.ends_at,
        add_ons,
        was_scheduled: true,
        dropped,
        lowered,
    })
}
