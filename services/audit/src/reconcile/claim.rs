//! What billing's list says.

use licensing::{AddOnId, Instant, LicenseeId, PlanId, SubscriptionId};

use super::{Field, terms::Sold};

/// What a claim is about; billing says one thing of it at most.
pub type ClaimKey = Sold;

/// A line of billing's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which line of the list.
    pub line: u64,
    /// Of whom.
    pub licensee: LicenseeId,
    /// Of which add-on; `None` for a subscription without any.
    pub add_on: Option<AddOnId>,
    /// How many seats of it are paid for, in total.
    pub quantity: u32,
    /// First instant after the term.
    pub ends_at: Instant,
    /// The plan, if the list has it.
    pub plan: Option<PlanId>,
    /// Base seats, if the list has them.
    pub seats: Option<u32>,
    /// First instant of the term, if the list has it.
    pub starts_at: Option<Instant>,
    /// The subscription, if the list has it.
    pub subscription: Option<SubscriptionId>,
}

impl Claim {
    /// What it is about.
    pub fn key(&self) -> ClaimKey {
        (self.licensee.clone(), self.add_on.clone())
    }

    /// What it says, in the order in which it is told.
    pub(crate) fn facts(&self) -> Vec<(Field, String)> {
        let given = [
            self.add_on.as_ref().map(|_| (Field::Quantity, self.quantity.to_string())),
            Some((Field::EndsAt, shown(self.ends_at))),
            self.plan.as_ref().map(|plan| (Field::Plan, plan.to_string())),
            self.seats.map(|seats| (Field::Seats, seats.to_string())),
            self.starts_at.map(|at| (Field::StartsAt, shown(at))),
            self.subscription.as_ref().map(|id| (Field::Subscription, id.to_string())),
        ];
        given.into_iter().flatten().collect()
    }
}

/// An instant as it is compared and shown.
pub(crate) fn shown(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}
