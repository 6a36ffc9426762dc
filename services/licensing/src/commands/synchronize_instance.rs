//! An instance fetches what was recorded (R17).

use super::{assign_seats::assign_starters, known_licensee};
use crate::{Code, Event, InstanceVersion, ProductId, Refusal, SyncTrigger, UserId, draft::Draft};

pub(super) fn run(draft: &mut Draft<'_>, version: &InstanceVersion) -> Result<(), Refusal> {
    known_licensee(draft)?;
    match draft.account().offering() {
        Some(offering) if !offering.synchronises() => Err(Refusal::new(
            Code::OfferingMismatch,
            format!("{offering} needs no synchronisation: what billing records is in effect at once"),
        )),
        None => Err(Refusal::new(
            Code::SubscriptionNotActive,
            "there never was a subscription, so there is nothing to synchronise: start one first",
        )),
        Some(_) => {
            synchronise(draft, Some(version.clone()), SyncTrigger::Instance);
            Ok(())
        }
    }
}

/// Makes everything recorded effective (R17, R18); whoever started a trial that takes effect now gets its first seat.
pub(crate) fn synchronise(draft: &mut Draft<'_>, version: Option<InstanceVersion>, trigger: SyncTrigger) {
    let starters: Vec<(ProductId, UserId)> = draft
        .account()
        .recorded()
        .trials
        .iter()
        .filter_map(|(product, trial)| Some((product.clone(), trial.starter.clone()?)))
        .collect();
    draft.change(|draft| draft.emit(Event::InstanceSynchronized { version, trigger }));
    assign_starters(draft, starters);
}
