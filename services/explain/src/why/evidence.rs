//! The numbers and dates that an explanation rests on.

use licensing::{AddOnId, Event, Grant, Instant, ProductId, ProductStatus, ProductSummary, RemovalReason};
use serde::Serialize;

use super::inquiry::{Case, SeatStory, Taken};

/// The numbers and dates that an explanation rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// When the seat was given last; null for never.
    pub assigned_at: Option<Instant>,
    /// How it went; null for one that is held, or never was.
    pub removal: Option<RemovalEvidence>,
    /// What the product's pool is doing.
    pub product_status: ProductStatus,
    /// Seats in the pool.
    pub quantity: u32,
    /// Seats that are taken, retained ones included.
    pub assigned: u32,
    /// Seats that are free.
    pub available: u32,
    /// When retained seats go, in grace only (R20).
    pub grace_ends_at: Option<Instant>,
}

/// How a seat went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemovalEvidence {
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: RemovalReason,
    /// Of seats that were too many: how it was chosen (R22).
    pub overage: Option<Overage>,
}

/// How a seat was chosen among too many (R22).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overage {
    /// The place in the order of removal, from 1.
    pub rank: u32,
    /// The last use that was known then; null for never.
    pub last_used_at: Option<Instant>,
    /// How many seats were too many.
    pub too_many: u32,
    /// What the pool granted before the command that made them too many; null for nothing.
    pub pool_before: Option<PoolShown>,
    /// What it granted behind it.
    pub pool_after: Option<PoolShown>,
}

/// What a pool of seats grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolShown {
    /// The add-on.
    pub add_on: AddOnId,
    /// Whether a trial grants it.
    pub trial: bool,
    /// Seats in the pool.
    pub quantity: u32,
}

impl From<Grant> for PoolShown {
    fn from(Grant { add_on, trial, quantity }: Grant) -> Self {
        Self { add_on, trial, quantity }
    }
}

impl Evidence {
    pub(super) fn of(case: &Case, product: &ProductId, summary: &ProductSummary, story: Option<&SeatStory>) -> Self {
        let held = case.licensee.roster().seat(product, &case.user);
        let pool = case.licensee.account().pool(product);
        Self {
            assigned_at: held.map(|seat| seat.assigned_at).or_else(|| last_given(story?, product)),
            removal: story.and_then(|story| removal(story.taken.as_ref()?, product)),
            product_status: summary.status,
            quantity: summary.quantity,
            assigned: pool.map_or(0, |pool| pool.assigned),
            available: summary.available,
            grace_ends_at: summary.grace_ends_at,
        }
    }
}

fn removal(taken: &Taken, product: &ProductId) -> Option<RemovalEvidence> {
    let is_it = |event: &Event| matches!(event, Event::SeatRemoved { product: of, .. } if of == product);
    let fact = taken.deed.find(is_it)?;
    let Event::SeatRemoved { reason, evidence, .. } = &fact.event else { return None };
    let pool = taken.deed.pools.get(product).cloned().unwrap_or_default();
    let overage = evidence.as_ref().map(|evidence| Overage {
        rank: evidence.rank,
        last_used_at: evidence.last_used_at,
        too_many: pool.surplus,
        pool_before: pool.before.map(PoolShown::from),
        pool_after: pool.after.map(PoolShown::from),
    });
    Some(RemovalEvidence { at: fact.cited.effective_at, reason: *reason, overage })
}

fn last_given(story: &SeatStory, product: &ProductId) -> Option<Instant> {
    let is_it = |event: &Event| matches!(event, Event::SeatAssigned { product: of, .. } if of == product);
    let fact = story.given.as_ref()?.find(is_it)?;
    Some(fact.cited.effective_at)
}
