//! The base seats are set (R6).

use super::{add_on_orders::exceeds_seats, known_licensee};
use crate::{Code, Event, Phase, Refusal, Seats, draft::Draft};

pub(super) fn run(draft: &mut Draft<'_>, seats: i64) -> Result<(), Refusal> {
    known_licensee(draft)?;
    let ledger = draft.account().recorded();
    let runs = ledger
        .subscription
        .as_ref()
        .is_some_and(|subscription| matches!(subscription.phase, Phase::Scheduled | Phase::Active));
    if !runs {
        return Err(Refusal::new(
            Code::SubscriptionNotActive,
            "there is no scheduled or active subscription: start or renew one first",
        ));
    }
    let seats = Seats::at_least_one(seats)?;
    if let Some(holding) = ledger.holdings.values().find(|holding| holding.quantity > seats) {
        return Err(exceeds_seats(&holding.add_on, holding.quantity.get().into(), seats));
    }
    draft.emit(Event::SubscriptionSeatsChanged { seats });
    Ok(())
}
