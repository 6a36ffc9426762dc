//! How a subscription or a product stands.

use licensing::{AddOnId, Catalogue, Licensee, Phase, ProductId, ProductStatus};
use serde::Serialize;

/// How a subscription or a product stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// As the interface spells it.
    pub status: &'static str,
    /// A product's add-on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_on: Option<AddOnId>,
    /// A product's seats in its pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
}

/// What stands: the subscription, or a product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Subscription,
    Product(ProductId),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Subscription => f.write_str("subscription"),
            Self::Product(product) => product.fmt(f),
        }
    }
}

/// How everything of a licensee stands by a catalogue, the subscription first.
pub(crate) fn standings(licensee: &Licensee, catalogue: &Catalogue) -> Vec<(Subject, Standing)> {
    let summary = licensee.account().summary(catalogue);
    let phase = summary.subscription.map_or("none", |subscription| phase_text(subscription.status));
    let subscription = Standing { status: phase, add_on: None, quantity: None };
    let products = summary.products.into_iter().map(|(product, facts)| {
        let standing =
            Standing { status: status_text(facts.status), add_on: facts.add_on, quantity: Some(facts.quantity) };
        (Subject::Product(product), standing)
    });
    std::iter::once((Subject::Subscription, subscription)).chain(products).collect()
}

const fn phase_text(phase: Phase) -> &'static str {
    match phase {
        Phase::Scheduled => "scheduled",
        Phase::Active => "active",
        Phase::Grace => "grace",
        Phase::Ended => "ended",
    }
}

const fn status_text(status: ProductStatus) -> &'static str {
    match status {
        ProductStatus::None => "none",
        ProductStatus::PendingSync => "pending_sync",
        ProductStatus::Active => "active",
        ProductStatus::Grace => "grace",
    }
}
