//! What happens when a timer goes. Its events bear its due time, whenever it happens to fire.

use crate::{
    Context, Event, GraceOf, LedgerScope, Licensee, ProductId, RemovalReason, SyncTrigger, Timer, TimerKind, Trial,
    UserId,
    commands::{renew_subscription, synchronize_instance},
    draft::Draft,
};

/// What happens when the timer goes; `context.now` must be its due time.
pub fn fire(licensee: &Licensee, timer: &Timer, context: &Context<'_>) -> Vec<Event> {
    let mut draft = Draft::new(licensee, *context);
    fire_in(&mut draft, timer);
    draft.into_events()
}

/// Fires what became due by a decision itself, such as the expiry behind a cancellation that takes effect now.
pub(crate) fn fire_due(draft: &mut Draft<'_>) {
    while let Some(timer) = draft.licensee().next_timer(draft.catalogue()).filter(|timer| timer.due <= draft.now()) {
        fire_in(draft, &timer);
    }
}

fn fire_in(draft: &mut Draft<'_>, timer: &Timer) {
    let ledger = timer.ledger;
    match (timer.kind, &timer.product) {
        (TimerKind::GraceEnds, _) => draft.emit(Event::GracePeriodEnded { of: GraceOf::Subscription, product: None }),
        (TimerKind::SeatsRemoved, Some(product)) => end_grace_of(draft, product),
        (TimerKind::RenewalApplies, _) => renew_subscription::apply_waiting(draft, ledger),
        (TimerKind::SubscriptionActivates, _) => {
            draft.change(|draft| draft.emit(Event::SubscriptionActivated { ledger }));
        }
        (TimerKind::SubscriptionExpires, _) => draft.change(|draft| expire(draft, ledger)),
        (TimerKind::TrialEnds, Some(product)) => draft.change(|draft| end_trial(draft, ledger, product)),
        (TimerKind::SyncDue, _) => synchronize_instance::synchronise(draft, None, SyncTrigger::Timer),
        // A timer of a product always names it.
        (TimerKind::SeatsRemoved | TimerKind::TrialEnds, None) => {}
    }
}

fn end_grace_of(draft: &mut Draft<'_>, product: &ProductId) {
    let mut holders: Vec<(u64, UserId)> =
        draft.licensee().roster().seats(product).map(|(user, seat)| (seat.order, user)).collect();
    holders.sort_unstable();
    for (_, user) in holders {
        draft.remove_seat(product, &user, RemovalReason::GraceEnded);
    }
    draft.emit(Event::GracePeriodEnded { of: GraceOf::Product, product: Some(product.clone()) });
}

fn expire(draft: &mut Draft<'_>, ledger: LedgerScope) {
    let trials: Vec<Event> = draft
        .account()
        .ledger(ledger)
        .trials
        .iter()
        .map(|(product, trial)| trial_expired(ledger, product, trial))
        .collect();
    draft.emit(Event::SubscriptionExpired { ledger, grace_ends_at: draft.now() + draft.catalogue().grace() });
    trials.into_iter().for_each(|event| draft.emit(event));
}

fn end_trial(draft: &mut Draft<'_>, ledger: LedgerScope, product: &ProductId) {
    let Some(trial) = draft.account().ledger(ledger).trials.get(product) else { return };
    let event = trial_expired(ledger, product, trial);
    draft.emit(event);
}

fn trial_expired(ledger: LedgerScope, product: &ProductId, trial: &Trial) -> Event {
    Event::TrialExpired { ledger, product: product.clone(), add_on: trial.add_on.clone() }
}
