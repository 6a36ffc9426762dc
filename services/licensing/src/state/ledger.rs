//! One reading of what billing sold: the subscription, what waits, what is paid for and what is on trial.
//!
//! A licensee on gitlab.com has one ledger; an instance has what is recorded and what it has fetched (R16).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    AddOnId, Instant, PaidAddOn, PlanId, ProductId, RenewalScheduled, Seats, SubscriptionId, SubscriptionRenewed,
    SubscriptionStarted, TrialStarted, UserId,
};

/// Where a subscription is in its life (R2). Moved by events only, so that what time changes is on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Before its term.
    #[serde(rename = "scheduled")]
    Scheduled,
    /// In its term.
    #[serde(rename = "active")]
    Active,
    /// In the days of grace after its term.
    #[serde(rename = "grace")]
    Grace,
    /// After that.
    #[serde(rename = "ended")]
    Ended,
}

impl Phase {
    /// The phase as the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Scheduled => "scheduled",
            Phase::Active => "active",
            Phase::Grace => "grace",
            Phase::Ended => "ended",
        }
    }
}

/// A licensee's base plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Billing's name of it.
    pub id: SubscriptionId,
    /// The plan.
    pub plan: PlanId,
    /// Base seats, which no add-on may exceed (R9).
    pub seats: Seats,
    /// First instant of the term.
    pub starts_at: Instant,
    /// First instant after the term.
    pub ends_at: Instant,
    /// Where it is in its life.
    pub phase: Phase,
    /// When its grace ends, while it is in grace.
    pub grace_ends_at: Option<Instant>,
}

/// What is paid for of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The add-on.
    pub add_on: AddOnId,
    /// Its total.
    pub quantity: Seats,
}

/// An add-on on trial (R13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The add-on.
    pub add_on: AddOnId,
    /// How many seats it has.
    pub seats: Seats,
    /// The end that was fixed when it started.
    pub ends_at: Instant,
    /// Who gets the first seat once the trial takes effect.
    pub starter: Option<UserId>,
}

/// One reading of what billing sold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The base plan, once there was one.
    pub subscription: Option<Subscription>,
    /// The renewal that waits.
    pub waiting: Option<RenewalScheduled>,
    /// What is paid for, by product; kept after the end for a renewal that doesn't change it (R4).
    pub holdings: BTreeMap<ProductId, Holding>,
    /// What is on trial, by product.
    pub trials: BTreeMap<ProductId, Trial>,
}

impl Ledger {
    /// Whether the subscription's term runs.
    pub fn is_active(&self) -> bool {
        self.subscription.as_ref().is_some_and(|subscription| subscription.phase == Phase::Active)
    }

    /// The subscription while its term runs.
    pub fn active_subscription(&self) -> Option<&Subscription> {
        self.subscription.as_ref().filter(|subscription| subscription.phase == Phase::Active)
    }

    /// What is paid for.
    pub fn paid_add_ons(&self) -> Vec<PaidAddOn> {
        self.holdings
            .iter()
            .map(|(product, holding)| PaidAddOn {
                product: product.clone(),
                add_on: holding.add_on.clone(),
                quantity: holding.quantity,
            })
            .collect()
    }

    pub(super) fn start(&mut self, event: &SubscriptionStarted, at: Instant) {
        let phase = if event.starts_at <= at { Phase::Active } else { Phase::Scheduled };
        self.subscription = Some(Subscription {
            id: event.subscription.clone(),
            plan: event.plan.clone(),
            seats: event.seats,
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            phase,
            grace_ends_at: None,
        });
        self.waiting = None;
        self.hold(&event.add_ons);
    }

    pub(super) fn schedule_renewal(&mut self, event: &RenewalScheduled) {
        self.waiting = Some(event.clone());
    }

    pub(super) fn renew(&mut self, event: &SubscriptionRenewed, at: Instant) {
        if let Some(subscription) = &mut self.subscription {
            subscription.id = event.subscription.clone();
            subscription.plan = event.plan.clone();
            subscription.seats = event.seats;
            subscription.ends_at = event.ends_at;
            subscription.phase = if subscription.starts_at <= at { Phase::Active } else { Phase::Scheduled };
            subscription.grace_ends_at = None;
        }
        self.waiting = None;
        self.hold(&event.add_ons);
    }

    pub(super) fn activate(&mut self) {
        if let Some(subscription) = &mut self.subscription {
            subscription.phase = Phase::Active;
        }
    }

    pub(super) fn cancel(&mut self, ends_at: Instant) {
        if let Some(subscription) = &mut self.subscription {
            subscription.ends_at = ends_at;
        }
        self.waiting = None;
    }

    /// The term ran out; a trial goes with it, for good.
    pub(super) fn expire(&mut self, grace_ends_at: Instant) {
        if let Some(subscription) = &mut self.subscription {
            subscription.phase = Phase::Grace;
            subscription.grace_ends_at = Some(grace_ends_at);
        }
        self.trials.clear();
    }

    pub(super) fn end_grace(&mut self) {
        if let Some(subscription) = &mut self.subscription {
            subscription.phase = Phase::Ended;
            subscription.grace_ends_at = None;
        }
    }

    pub(super) fn set_seats(&mut self, seats: Seats) {
        if let Some(subscription) = &mut self.subscription {
            subscription.seats = seats;
        }
    }

    pub(super) fn set_holding(&mut self, product: &ProductId, add_on: &AddOnId, quantity: u32) {
        if quantity == 0 {
            self.holdings.remove(product);
            return;
        }
        let holding = Holding { add_on: add_on.clone(), quantity: Seats::known(quantity) };
        self.holdings.insert(product.clone(), holding);
    }

    pub(super) fn start_trial(&mut self, event: &TrialStarted) {
        let trial = Trial {
            add_on: event.add_on.clone(),
            seats: event.seats,
            ends_at: event.ends_at,
            starter: event.started_by.clone(),
        };
        self.trials.insert(event.product.clone(), trial);
    }

    pub(super) fn end_trial(&mut self, product: &ProductId) {
        self.trials.remove(product);
    }

    /// Whoever was to get the first seat of a trial got it, or nobody will.
    pub(super) fn forget_starters(&mut self) {
        self.trials.values_mut().for_each(|trial| trial.starter = None);
    }

    fn hold(&mut self, add_ons: &[PaidAddOn]) {
        self.holdings = add_ons
            .iter()
            .map(|paid| (paid.product.clone(), Holding { add_on: paid.add_on.clone(), quantity: paid.quantity }))
            .collect();
    }
}
