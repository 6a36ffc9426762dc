//! What an event of billing or of time did, in a few words.

use licensing::{Event, GraceOf, SyncTrigger};

/// What an event did, in words that begin a sentence.
pub(super) fn act(event: &Event) -> String {
    match event {
        Event::SubscriptionStarted(_) => "the start of a subscription".to_owned(),
        Event::SubscriptionActivated { .. } => "the first day of the subscription's term".to_owned(),
        Event::RenewalScheduled(_) => "the order of a renewal".to_owned(),
        Event::SubscriptionRenewed(renewed) if renewed.was_scheduled => {
            "a renewal that had waited for its day".to_owned()
        }
        Event::SubscriptionRenewed(_) => "a renewal".to_owned(),
        Event::SubscriptionSeatsChanged { .. } => "a change of the subscription's seats".to_owned(),
        Event::SubscriptionCancelled { .. } => "a cancellation".to_owned(),
        Event::SubscriptionExpired { .. } => "the end of the subscription's term".to_owned(),
        Event::GracePeriodEnded { of: GraceOf::Subscription, .. } => "the end of the subscription's grace".to_owned(),
        Event::GracePeriodEnded { of: GraceOf::Product, .. } => "the end of the grace".to_owned(),
        Event::SeatsPurchased(bought) => format!("a purchase of {} seats", bought.quantity),
        Event::SeatQuantityChanged { quantity: 0, add_on, .. } => format!("the withdrawal of {add_on}"),
        Event::SeatQuantityChanged { quantity, .. } => format!("a change of the quantity to {quantity}"),
        Event::AddOnChanged(changed) => format!("a change from {} to {}", changed.from, changed.add_on),
        Event::TrialStarted(trial) => format!("the start of a trial of {}", trial.add_on),
        Event::TrialConverted { add_on, .. } => format!("the purchase of {add_on}, which was on trial"),
        Event::TrialExpired { add_on, .. } => format!("the end of the trial of {add_on}"),
        Event::InstanceSynchronized { trigger: SyncTrigger::Instance, .. } => {
            "a synchronisation of the instance".to_owned()
        }
        Event::InstanceSynchronized { trigger: SyncTrigger::Timer, .. } => {
            "the synchronisation after 24 hours (R18)".to_owned()
        }
        other => other.name().to_owned(),
    }
}
