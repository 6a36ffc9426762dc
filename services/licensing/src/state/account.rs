//! The small half of a licensee: what was sold, what is in effect, how many seats are taken. It does not grow with the
//! number of members, so views keep one for each licensee.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{Ledger, Phase};
use crate::{AddOnId, Catalogue, Event, GraceOf, InstanceVersion, Instant, LedgerScope, Offering, ProductId};

/// What a pool of seats grants (R14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The effective add-on.
    pub add_on: AddOnId,
    /// Whether a trial grants it.
    pub trial: bool,
    /// How many seats the pool has.
    pub quantity: u32,
}

/// A pool without an effective add-on whose seats are still kept (R20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grace {
    /// What the pool granted last.
    pub last: Grant,
    /// When that ended.
    pub since: Instant,
    /// When the seats go.
    pub ends_at: Instant,
}

/// The seats of a product, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// How many seats are assigned, retained ones included.
    pub assigned: u32,
    /// Set while seats are kept without an add-on.
    pub grace: Option<Grace>,
}

/// What was sold to a licensee, what is in effect, and how many seats are taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    version: u64,
    offering: Option<Offering>,
    /// Shared with working copies, as most decisions leave it as it is; so is what follows.
    recorded: Arc<Ledger>,
    /// What an instance fetched last; gitlab.com needs none, it lives by `recorded`.
    fetched: Option<Arc<Ledger>>,
    waiting_since: Option<Instant>,
    instance_version: Option<InstanceVersion>,
    last_synced_at: Option<Instant>,
    ever_had: Arc<BTreeSet<AddOnId>>,
    pools: BTreeMap<ProductId, Pool>,
    members: u32,
}

static NOTHING: Ledger =
    Ledger { subscription: None, waiting: None, holdings: BTreeMap::new(), trials: BTreeMap::new() };

impl Account {
    /// How many events made it.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// How the licensee gets GitLab; `None` until a subscription started.
    pub const fn offering(&self) -> Option<Offering> {
        self.offering
    }

    /// Whether the licensee is an instance, which has to synchronise (R16).
    pub fn synchronises(&self) -> bool {
        self.offering.is_some_and(Offering::synchronises)
    }

    /// What billing recorded; commands are judged by it.
    pub fn recorded(&self) -> &Ledger {
        &self.recorded
    }

    /// What is in effect; seats and access are judged by it.
    pub fn in_effect(&self) -> &Ledger {
        if self.synchronises() { self.fetched.as_deref().unwrap_or(&NOTHING) } else { &self.recorded }
    }

    /// The ledger that an event of this scope changes; of both, the recorded one.
    pub fn ledger(&self, scope: LedgerScope) -> &Ledger {
        if scope.is_recorded() { &self.recorded } else { self.in_effect() }
    }

    /// The instant of the oldest recorded change that the instance hasn't fetched (R18).
    pub const fn waiting_since(&self) -> Option<Instant> {
        self.waiting_since
    }

    /// The version that the instance told, or billing for it.
    pub const fn instance_version(&self) -> Option<&InstanceVersion> {
        self.instance_version.as_ref()
    }

    /// When the instance synchronised last.
    pub const fn last_synced_at(&self) -> Option<Instant> {
        self.last_synced_at
    }

    /// Whether the add-on was ever paid for in an active subscription, or tried (R13).
    pub fn ever_had(&self, add_on: &AddOnId) -> bool {
        self.ever_had.contains(add_on)
    }

    /// The seats of a product, counted.
    pub fn pool(&self, product: &ProductId) -> Option<&Pool> {
        self.pools.get(product)
    }

    /// The pools that ever had a seat or a grace.
    pub fn pools(&self) -> impl Iterator<Item = (&ProductId, &Pool)> {
        self.pools.iter()
    }

    /// How many members there are, whatever their status.
    pub const fn members(&self) -> u32 {
        self.members
    }

    /// What the product's pool grants by what is in effect (R14).
    pub fn grant(&self, product: &ProductId, catalogue: &Catalogue) -> Option<Grant> {
        grant_of(self.in_effect(), product, catalogue)
    }

    /// What the product's pool would grant if everything recorded were in effect.
    pub fn recorded_grant(&self, product: &ProductId, catalogue: &Catalogue) -> Option<Grant> {
        grant_of(&self.recorded, product, catalogue)
    }

    /// Folds an event that took effect at `at`.
    pub fn evolve(&mut self, event: &Event, at: Instant) {
        self.version += 1;
        self.evolve_billing(event, at);
        self.evolve_counts(event, at);
    }

    fn evolve_billing(&mut self, event: &Event, at: Instant) {
        match event {
            Event::SubscriptionStarted(started) => {
                self.offering = Some(started.offering);
                if started.offering.synchronises() && started.instance_version.is_some() {
                    self.instance_version = started.instance_version.clone();
                }
                self.record(at, |ledger| ledger.start(started, at));
            }
            Event::SubscriptionActivated { ledger } => self.on(*ledger, Ledger::activate),
            Event::RenewalScheduled(scheduled) => self.record(at, |ledger| ledger.schedule_renewal(scheduled)),
            Event::SubscriptionRenewed(renewed) if renewed.was_scheduled => {
                self.on(renewed.ledger, |ledger| ledger.renew(renewed, at));
            }
            Event::SubscriptionRenewed(renewed) => self.record(at, |ledger| ledger.renew(renewed, at)),
            Event::SubscriptionSeatsChanged { seats } => self.record(at, |ledger| ledger.set_seats(*seats)),
            Event::SubscriptionCancelled { ends_at } => self.record(at, |ledger| ledger.cancel(*ends_at)),
            Event::SubscriptionExpired { ledger, grace_ends_at } => {
                self.on(*ledger, |ledger| ledger.expire(*grace_ends_at));
            }
            Event::GracePeriodEnded { of: GraceOf::Subscription, .. } => Arc::make_mut(&mut self.recorded).end_grace(),
            Event::SeatsPurchased(bought) => {
                self.record(at, |ledger| ledger.set_holding(&bought.product, &bought.add_on, bought.total.get()));
            }
            Event::SeatQuantityChanged { product, add_on, quantity } => {
                self.record(at, |ledger| ledger.set_holding(product, add_on, *quantity));
            }
            Event::AddOnChanged(changed) => {
                self.record(at, |ledger| ledger.set_holding(&changed.product, &changed.add_on, changed.quantity.get()));
            }
            Event::TrialStarted(trial) => {
                Arc::make_mut(&mut self.ever_had).insert(trial.add_on.clone());
                self.record(at, |ledger| ledger.start_trial(trial));
                if !self.synchronises() {
                    Arc::make_mut(&mut self.recorded).forget_starters();
                }
            }
            Event::TrialConverted { ledger, product, .. } | Event::TrialExpired { ledger, product, .. } => {
                self.on(*ledger, |ledger| ledger.end_trial(product))
            }
            Event::InstanceSynchronized { version, .. } => self.synchronise(version.as_ref(), at),
            _ => return,
        }
        self.note_what_is_held();
    }

    fn evolve_counts(&mut self, event: &Event, at: Instant) {
        match event {
            Event::SeatAssigned { product, .. } => self.pool_mut(product).assigned += 1,
            Event::SeatRemoved { product, .. } => {
                let pool = self.pool_mut(product);
                pool.assigned = pool.assigned.saturating_sub(1);
            }
            Event::SeatsRetained { product, add_on, trial, quantity, grace_ends_at, .. } => {
                let last = Grant { add_on: add_on.clone(), trial: *trial, quantity: *quantity };
                self.pool_mut(product).grace = Some(Grace { last, since: at, ends_at: *grace_ends_at });
            }
            Event::SeatsRestored { product, .. }
            | Event::GracePeriodEnded { of: GraceOf::Product, product: Some(product) } => {
                self.pool_mut(product).grace = None;
            }
            Event::MemberAdded { .. } => self.members += 1,
            Event::MemberRemoved { .. } => self.members = self.members.saturating_sub(1),
            _ => {}
        }
    }

    /// A change by billing: on record at once, and for an instance waiting to be fetched (R16).
    fn record(&mut self, at: Instant, change: impl FnOnce(&mut Ledger)) {
        change(Arc::make_mut(&mut self.recorded));
        if self.synchronises() {
            self.waiting_since.get_or_insert(at);
        }
    }

    /// A change by time, to the ledger it says.
    fn on(&mut self, scope: LedgerScope, change: impl Fn(&mut Ledger)) {
        if scope.is_recorded() {
            change(Arc::make_mut(&mut self.recorded));
        }
        if let Some(fetched) = self.fetched.as_mut().filter(|_| scope.is_in_effect()) {
            change(Arc::make_mut(fetched));
        }
    }

    fn synchronise(&mut self, version: Option<&InstanceVersion>, at: Instant) {
        if let Some(version) = version {
            self.instance_version = Some(version.clone());
        }
        Arc::make_mut(&mut self.recorded).forget_starters();
        self.fetched = Some(self.recorded.clone());
        self.waiting_since = None;
        self.last_synced_at = Some(at);
    }

    /// *Held* means paid for while the subscription is active, as recorded.
    fn note_what_is_held(&mut self) {
        if !self.recorded.is_active() {
            return;
        }
        for holding in self.recorded.holdings.values() {
            if !self.ever_had.contains(&holding.add_on) {
                Arc::make_mut(&mut self.ever_had).insert(holding.add_on.clone());
            }
        }
    }

    fn pool_mut(&mut self, product: &ProductId) -> &mut Pool {
        self.pools.entry(product.clone()).or_default()
    }
}

/// R14: the higher rank of the paid purchase and the trial; of equal rank, the paid one. Under a trial that lifts a
/// paid purchase the larger quantity counts, so that a trial never costs anyone a seat.
fn grant_of(ledger: &Ledger, product: &ProductId, catalogue: &Catalogue) -> Option<Grant> {
    if ledger.subscription.as_ref().is_none_or(|subscription| subscription.phase != Phase::Active) {
        return None;
    }
    let paid = ledger.holdings.get(product);
    let trial = ledger.trials.get(product);
    match (paid, trial) {
        (None, None) => None,
        (Some(paid), None) => Some(Grant { add_on: paid.add_on.clone(), trial: false, quantity: paid.quantity.get() }),
        (None, Some(trial)) => Some(Grant { add_on: trial.add_on.clone(), trial: true, quantity: trial.seats.get() }),
        (Some(paid), Some(trial)) if catalogue.rank(&trial.add_on) > catalogue.rank(&paid.add_on) => {
            Some(Grant { add_on: trial.add_on.clone(), trial: true, quantity: trial.seats.max(paid.quantity).get() })
        }
        (Some(paid), Some(_)) => {
            Some(Grant { add_on: paid.add_on.clone(), trial: false, quantity: paid.quantity.get() })
        }
    }
}
