//! A licensee as it is shown to people.

use serde::{Deserialize, Serialize};

use crate::{
    Account, AddOnId, Catalogue, InstanceVersion, Instant, Offering, Phase, PlanId, ProductId, Seats, SubscriptionId,
};

/// What a product's pool of seats is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// Nothing.
    None,
    /// What was sold waits for the instance to synchronise (R16).
    PendingSync,
    /// Seats work.
    Active,
    /// Seats are kept and don't work (R20).
    Grace,
}

impl ProductStatus {
    /// The status as the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PendingSync => "pending_sync",
            Self::Active => "active",
            Self::Grace => "grace",
        }
    }
}

/// The subscription, as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionSummary {
    /// Billing's name of it.
    pub id: SubscriptionId,
    /// The plan.
    pub plan: PlanId,
    /// Base seats.
    pub seats: Seats,
    /// Where it is in its life.
    pub status: Phase,
    /// First instant of the term.
    pub starts_at: Instant,
    /// First instant after the term.
    pub ends_at: Instant,
    /// When its grace ends, in grace only.
    pub grace_ends_at: Option<Instant>,
}

/// A product, as in effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductSummary {
    /// What its pool is doing.
    pub status: ProductStatus,
    /// The effective add-on; in grace the last one, with a sync pending the one that waits.
    pub add_on: Option<AddOnId>,
    /// Whether a trial grants it.
    pub trial: bool,
    /// Seats in the pool.
    pub quantity: u32,
    /// Seats that are taken, retained ones included.
    pub assigned: u32,
    /// Seats that are free.
    pub available: u32,
    /// When what is in effect ends; in grace, when it ended.
    pub ends_at: Option<Instant>,
    /// When retained seats go, in grace only.
    pub grace_ends_at: Option<Instant>,
}

/// A licensee as it is shown to people, without the names that no event holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How the licensee gets GitLab.
    pub offering: Option<Offering>,
    /// How many events made it.
    pub version: u64,
    /// How many members it has, whatever their status.
    pub members: u32,
    /// The subscription, as recorded.
    pub subscription: Option<SubscriptionSummary>,
    /// Every product of the catalogue, as in effect.
    pub products: Vec<(ProductId, ProductSummary)>,
    /// When the instance synchronised last.
    pub last_synced_at: Option<Instant>,
    /// The version that the instance told.
    pub instance_version: Option<InstanceVersion>,
}

impl Account {
    /// The licensee as it is shown to people.
    pub fn summary(&self, catalogue: &Catalogue) -> Summary {
        let subscription = self.recorded().subscription.as_ref().map(|subscription| SubscriptionSummary {
            id: subscription.id.clone(),
            plan: subscription.plan.clone(),
            seats: subscription.seats,
            status: subscription.phase,
            starts_at: subscription.starts_at,
            ends_at: subscription.ends_at,
            grace_ends_at: subscription.grace_ends_at,
        });
        Summary {
            offering: self.offering(),
            version: self.version(),
            members: self.members(),
            subscription,
            products: catalogue
                .products()
                .map(|product| (product.clone(), self.product_summary(product, catalogue)))
                .collect(),
            last_synced_at: self.last_synced_at(),
            instance_version: self.instance_version().cloned(),
        }
    }

    fn product_summary(&self, product: &ProductId, catalogue: &Catalogue) -> ProductSummary {
        let pool = self.pool(product);
        let assigned = pool.map_or(0, |pool| pool.assigned);
        if let Some(grant) = self.grant(product, catalogue) {
            return ProductSummary {
                status: ProductStatus::Active,
                available: grant.quantity.saturating_sub(assigned),
                ends_at: end_of(self.in_effect(), product, grant.trial),
                add_on: Some(grant.add_on),
                trial: grant.trial,
                quantity: grant.quantity,
                assigned,
                grace_ends_at: None,
            };
        }
        if let Some(grace) = pool.and_then(|pool| pool.grace.as_ref()) {
            return ProductSummary {
                status: ProductStatus::Grace,
                add_on: Some(grace.last.add_on.clone()),
                trial: grace.last.trial,
                quantity: grace.last.quantity,
                assigned,
                available: 0,
                ends_at: Some(grace.since),
                grace_ends_at: Some(grace.ends_at),
            };
        }
        let pending = self.recorded_grant(product, catalogue).filter(|_| self.synchronises());
        ProductSummary {
            status: if pending.is_some() { ProductStatus::PendingSync } else { ProductStatus::None },
            trial: pending.as_ref().is_some_and(|grant| grant.trial),
            quantity: pending.as_ref().map_or(0, |grant| grant.quantity),
            ends_at: pending.as_ref().and_then(|grant| end_of(self.recorded(), product, grant.trial)),
            add_on: pending.map(|grant| grant.add_on),
            assigned: 0,
            available: 0,
            grace_ends_at: None,
        }
    }
}

/// A trial ends by its own date or with the subscription, whichever comes first.
fn end_of(ledger: &crate::Ledger, product: &ProductId, trial: bool) -> Option<Instant> {
    let ends_at = ledger.subscription.as_ref()?.ends_at;
    let trial = ledger.trials.get(product).filter(|_| trial);
    Some(trial.map_or(ends_at, |trial| trial.ends_at.min(ends_at)))
}
