//! Seats of an add-on are bought (R7 to R10, R12, R15).

use super::{
    active_subscription,
    add_on_orders::{conversions, exceeds_seats, plan_not_eligible, unknown_add_on},
    billing_scope, known_licensee,
};
use crate::{
    AddOnChanged, AddOnId, Channel, Code, Event, Holding, PaidAddOn, Refusal, Seats, SeatsPurchased, draft::Draft,
};

pub(super) fn run(draft: &mut Draft<'_>, add_on: &AddOnId, quantity: i64, channel: Channel) -> Result<(), Refusal> {
    known_licensee(draft)?;
    let (product, described) = draft.catalogue().add_on(add_on).ok_or_else(|| unknown_add_on(add_on))?;
    let subscription = active_subscription(draft)?;
    let quantity = Seats::at_least_one(quantity)?;
    if !described.plans.contains(&subscription.plan) {
        return Err(plan_not_eligible(add_on, &subscription.plan));
    }
    if described.sales_only && channel == Channel::Portal {
        return Err(Refusal::new(Code::SalesOnly, format!("{add_on} is sold by sales only: contact sales")));
    }
    let held = draft.account().recorded().holdings.get(product).cloned();
    let total = total_after(held.as_ref(), add_on, quantity);
    if total > u64::from(subscription.seats.get()) {
        return Err(exceeds_seats(add_on, total, subscription.seats));
    }
    let total = Seats::at_least_one(i64::try_from(total).unwrap_or(i64::MAX))?;

    let paid = PaidAddOn { product: product.clone(), add_on: add_on.clone(), quantity: total };
    let conversions = conversions(draft.account().recorded(), billing_scope(draft.account()), &[paid]);
    let product = product.clone();
    draft.change(|draft| {
        draft.emit(match held.filter(|held| held.add_on != *add_on) {
            Some(other) => Event::AddOnChanged(AddOnChanged {
                product,
                from: other.add_on,
                add_on: add_on.clone(),
                quantity: total,
                channel,
            }),
            None => Event::SeatsPurchased(SeatsPurchased { product, add_on: add_on.clone(), quantity, total, channel }),
        });
        conversions.into_iter().for_each(|event| draft.emit(event));
    });
    Ok(())
}

/// Of the same add-on the quantity is added (R8), of another it is the new total (R10).
fn total_after(held: Option<&Holding>, add_on: &AddOnId, bought: Seats) -> u64 {
    match held {
        Some(held) if held.add_on == *add_on => u64::from(held.quantity.get()) + u64::from(bought.get()),
        _ => bought.get().into(),
    }
}
