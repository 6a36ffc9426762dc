//! The add-ons of a start or a renewal: judged together, one code after another (R4, R7, R9).

use std::collections::BTreeSet;

use super::unknown_to_catalogue;
use crate::{AddOnId, AddOnOrder, Catalogue, Code, Event, Ledger, LedgerScope, PaidAddOn, PlanId, Refusal, Seats};

/// Whether a plan allows an add-on (R7).
pub(super) fn plan_allows(catalogue: &Catalogue, add_on: &AddOnId, plan: &PlanId) -> bool {
    catalogue.add_on(add_on).is_some_and(|(_, add_on)| add_on.plans.contains(plan))
}

pub(super) fn unknown_add_on(add_on: &AddOnId) -> Refusal {
    Refusal::new(Code::UnknownAddOn, unknown_to_catalogue("add-on", add_on.as_str()))
}

pub(super) fn plan_not_eligible(add_on: &AddOnId, plan: &PlanId) -> Refusal {
    Refusal::new(Code::PlanNotEligible, format!("{add_on} is not sold for plan {plan}"))
}

pub(super) fn exceeds_seats(add_on: &AddOnId, wanted: u64, seats: Seats) -> Refusal {
    Refusal::new(
        Code::QuantityExceedsSubscriptionSeats,
        format!("{wanted} seats of {add_on} are more than the {seats} of the subscription: raise those first"),
    )
}

/// Reads what a start or a renewal orders.
pub(super) fn read(orders: &[AddOnOrder], catalogue: &Catalogue) -> Result<Vec<PaidAddOn>, Refusal> {
    let mut products = Vec::with_capacity(orders.len().min(16));
    for order in orders {
        let (product, _) = catalogue.add_on(&order.add_on).ok_or_else(|| unknown_add_on(&order.add_on))?;
        products.push(product.clone());
    }
    let mut seen = BTreeSet::new();
    if let Some(product) = products.iter().find(|product| !seen.insert(*product)) {
        return Err(Refusal::new(
            Code::ConflictingAddOns,
            format!("more than one add-on of product {product} is ordered: order at most one"),
        ));
    }
    orders
        .iter()
        .zip(products)
        .map(|(order, product)| {
            let quantity = Seats::at_least_one(order.quantity)?;
            Ok(PaidAddOn { product, add_on: order.add_on.clone(), quantity })
        })
        .collect()
}

/// Holds the add-ons, as they will be, against the plan and the seats, as they will be (R7, R9).
pub(super) fn check_fit(
    add_ons: &[PaidAddOn],
    plan: &PlanId,
    seats: Seats,
    catalogue: &Catalogue,
) -> Result<(), Refusal> {
    if let Some(paid) = add_ons.iter().find(|paid| !plan_allows(catalogue, &paid.add_on, plan)) {
        return Err(plan_not_eligible(&paid.add_on, plan));
    }
    if let Some(paid) = add_ons.iter().find(|paid| paid.quantity > seats) {
        return Err(exceeds_seats(&paid.add_on, paid.quantity.get().into(), seats));
    }
    Ok(())
}

/// The ends of the trials of add-ons that are now paid for (R15).
pub(super) fn conversions(ledger: &Ledger, scope: LedgerScope, paid: &[PaidAddOn]) -> Vec<Event> {
    paid.iter()
        .filter(|paid| ledger.trials.get(&paid.product).is_some_and(|trial| trial.add_on == paid.add_on))
        .map(|paid| Event::TrialConverted { ledger: scope, product: paid.product.clone(), add_on: paid.add_on.clone() })
        .collect()
}
