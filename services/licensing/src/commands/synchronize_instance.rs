//! An instance fetches what was recorded (R17).

use super::known_licensee;
use crate::{Code, InstanceVersion, Refusal, SyncTrigger, draft::Draft, timers};

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
            timers::synchronise(draft, Some(version.clone()), SyncTrigger::Instance);
            Ok(())
        }
    }
}
