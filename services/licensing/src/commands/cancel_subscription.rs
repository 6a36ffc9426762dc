//! The term is cut short (R5).

use super::known_licensee;
use crate::{Code, Event, Instant, Phase, Refusal, draft::Draft};

pub(super) fn run(draft: &mut Draft<'_>, effective_at: Option<Instant>) -> Result<(), Refusal> {
    known_licensee(draft)?;
    let subscription = draft
        .account()
        .recorded()
        .subscription
        .as_ref()
        .filter(|subscription| matches!(subscription.phase, Phase::Scheduled | Phase::Active))
        .ok_or_else(|| {
            Refusal::new(Code::SubscriptionNotActive, "there is no scheduled or active subscription to cancel")
        })?;
    if effective_at.is_some_and(|effective_at| effective_at > subscription.ends_at) {
        return Err(Refusal::new(
            Code::InvalidTerm,
            format!(
                "the subscription ends on {} already: cancel it for that day or an earlier one",
                subscription.ends_at.to_rfc3339()
            ),
        ));
    }
    // A cancellation in the past takes effect now; the expiry that is due by it follows in the same decision.
    let ends_at = effective_at.map_or(draft.now(), |effective_at| effective_at.max(draft.now()));
    draft.emit(Event::SubscriptionCancelled { ends_at });
    Ok(())
}
