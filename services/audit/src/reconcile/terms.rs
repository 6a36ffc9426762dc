//! What billing and the journal both know of a licensee.

use std::{collections::BTreeMap, fmt};

use licensing::{Account, AddOnId, Instant, Ledger, LicenseeId, Phase, PlanId, SubscriptionId};
use serde::Serialize;

/// What was sold to a licensee, as recorded: what is in effect at an instance may lag behind (R16).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Billing's name of the subscription.
    pub subscription: SubscriptionId,
    /// The plan.
    pub plan: PlanId,
    /// Base seats.
    pub seats: u32,
    /// First instant of the term.
    pub starts_at: Instant,
    /// First instant after the term.
    pub ends_at: Instant,
    /// Whether the term has not ended yet.
    pub is_live: bool,
    /// What is paid for, with its total.
    pub add_ons: BTreeMap<AddOnId, u32>,
}

/// Something that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// How many seats of the add-on are paid for; 0 for none.
    Quantity,
    /// First instant after the term.
    EndsAt,
    /// The plan.
    Plan,
    /// Base seats.
    Seats,
    /// First instant of the term.
    StartsAt,
    /// Billing's name of the subscription.
    Subscription,
}

impl Terms {
    pub(crate) fn of(account: &Account) -> Option<Self> {
        let Ledger { subscription, holdings, .. } = account.recorded();
        let subscription = subscription.as_ref()?;
        Some(Self {
            subscription: subscription.id.clone(),
            plan: subscription.plan.clone(),
            seats: subscription.seats.get(),
            starts_at: subscription.starts_at,
            ends_at: subscription.ends_at,
            is_live: matches!(subscription.phase, Phase::Scheduled | Phase::Active),
            add_ons: holdings.values().map(|paid| (paid.add_on.clone(), paid.quantity.get())).collect(),
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quantity => "quantity",
            Self::EndsAt => "ends_at",
            Self::Plan => "plan",
            Self::Seats => "seats",
            Self::StartsAt => "starts_at",
            Self::Subscription => "subscription",
        })
    }
}

/// A licensee and an add-on of it.
pub(crate) type Sold = (LicenseeId, Option<AddOnId>);
