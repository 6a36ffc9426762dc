//! What time alone changes, and when.

use serde::{Deserialize, Serialize};

use crate::{Account, Catalogue, Instant, Ledger, LedgerScope, Licensee, Phase, ProductId};

/// What a timer does. In the order in which timers of one instant go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKind {
    /// The subscription's grace ends (R2).
    GraceEnds,
    /// A product's retained seats are removed (R20).
    SeatsRemoved,
    /// A waiting renewal applies (R3).
    RenewalApplies,
    /// A scheduled subscription's term begins (R2).
    SubscriptionActivates,
    /// The term runs out (R2).
    SubscriptionExpires,
    /// A trial runs out (R13).
    TrialEnds,
    /// What an instance has not fetched takes effect by itself (R18).
    SyncDue,
}

impl TimerKind {
    /// The kind as the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            TimerKind::GraceEnds => "grace_ends",
            TimerKind::SeatsRemoved => "seats_removed",
            TimerKind::RenewalApplies => "renewal_applies",
            TimerKind::SubscriptionActivates => "subscription_activates",
            TimerKind::SubscriptionExpires => "subscription_expires",
            TimerKind::TrialEnds => "trial_ends",
            TimerKind::SyncDue => "sync_due",
        }
    }
}

/// Something that time alone will change. Ordered by when it goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    /// When it goes.
    pub due: Instant,
    /// What it does.
    pub kind: TimerKind,
    /// The product, for those of a product.
    pub product: Option<ProductId>,
    /// Which ledger it changes.
    pub ledger: LedgerScope,
}

impl Licensee {
    /// The next thing that time alone will change.
    pub fn next_timer(&self, catalogue: &Catalogue) -> Option<Timer> {
        self.account().running_timers(catalogue).into_iter().min()
    }
}

impl Account {
    /// What is armed now, as an operator sees it: of an instance, the subscription's by what is recorded, trials and
    /// seats by what is in effect.
    pub fn armed_timers(&self, catalogue: &Catalogue) -> Vec<Timer> {
        let mut timers = self.running_timers(catalogue);
        timers.retain(|timer| match timer.kind {
            TimerKind::TrialEnds => timer.ledger.is_in_effect(),
            _ => timer.ledger.is_recorded(),
        });
        timers.sort();
        timers
    }

    /// Every timer that runs, of both ledgers. While nothing waits for an instance they are one.
    fn running_timers(&self, catalogue: &Catalogue) -> Vec<Timer> {
        let mut timers = Vec::new();
        if self.synchronises() && self.waiting_since().is_some() {
            ledger_timers(self.recorded(), LedgerScope::Recorded, &mut timers);
            ledger_timers(self.in_effect(), LedgerScope::InEffect, &mut timers);
        } else {
            ledger_timers(self.recorded(), LedgerScope::Both, &mut timers);
        }
        if let Some(since) = self.waiting_since() {
            let due = since + catalogue.sync_after();
            timers.push(Timer { due, kind: TimerKind::SyncDue, product: None, ledger: LedgerScope::Both });
        }
        for (product, pool) in self.pools() {
            let Some(grace) = &pool.grace else { continue };
            timers.push(Timer {
                due: grace.ends_at,
                kind: TimerKind::SeatsRemoved,
                product: Some(product.clone()),
                ledger: LedgerScope::Both,
            });
        }
        timers
    }
}

fn ledger_timers(ledger: &Ledger, scope: LedgerScope, timers: &mut Vec<Timer>) {
    let mut arm = |due, kind, product| timers.push(Timer { due, kind, product, ledger: scope });
    if let Some(waiting) = &ledger.waiting {
        arm(waiting.starts_at, TimerKind::RenewalApplies, None);
    }
    let Some(subscription) = &ledger.subscription else { return };
    match subscription.phase {
        Phase::Scheduled if subscription.starts_at < subscription.ends_at => {
            arm(subscription.starts_at, TimerKind::SubscriptionActivates, None);
        }
        // Cancelled before it began: a term without an instant in it never runs (R2).
        Phase::Scheduled => arm(subscription.ends_at, TimerKind::SubscriptionExpires, None),
        Phase::Active => {
            arm(subscription.ends_at, TimerKind::SubscriptionExpires, None);
            for (product, trial) in &ledger.trials {
                // One that lasts as long as the subscription ends with it.
                if trial.ends_at < subscription.ends_at {
                    arm(trial.ends_at, TimerKind::TrialEnds, Some(product.clone()));
                }
            }
        }
        // Only the recorded subscription has days of grace; what is in effect is simply over.
        Phase::Grace if scope.is_recorded() => {
            if let Some(grace_ends_at) = subscription.grace_ends_at {
                arm(grace_ends_at, TimerKind::GraceEnds, None);
            }
        }
        Phase::Grace | Phase::Ended => {}
    }
}
