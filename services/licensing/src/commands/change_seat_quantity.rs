//! The total of the held add-on is set; 0 withdraws it (R11).

use super::{active_subscription, add_on_orders::exceeds_seats, known_licensee};
use crate::{AddOnId, Code, Event, Refusal, Seats, draft::Draft};

pub(super) fn run(draft: &mut Draft<'_>, add_on: &AddOnId, quantity: i64) -> Result<(), Refusal> {
    known_licensee(draft)?;
    let subscription = active_subscription(draft)?;
    let product = draft
        .account()
        .recorded()
        .holdings
        .iter()
        .find(|(_, holding)| holding.add_on == *add_on)
        .map(|(product, _)| product.clone())
        .ok_or_else(|| {
            Refusal::new(Code::AddOnNotHeld, "this add-on is not paid for: purchase it, or name the held one")
        })?;
    let quantity = if quantity == 0 { 0 } else { Seats::at_least_one(quantity)?.get() };
    if quantity > subscription.seats.get() {
        return Err(exceeds_seats(add_on, quantity.into(), subscription.seats));
    }
    let add_on = add_on.clone();
    draft.change(|draft| draft.emit(Event::SeatQuantityChanged { product, add_on, quantity }));
    Ok(())
}
