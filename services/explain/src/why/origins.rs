//! Which earlier command an act of time goes back to: a renewal that waited, a term that ran out, a trial that ended, a
//! synchronisation.

use std::collections::BTreeMap;

use licensing::{Event, ProductId};

use super::deed::Deed;

/// The last command of each kind that time acts on later.
#[derive(Debug, Clone, Default)]
pub(super) struct Origins {
    /// Started the subscription.
    start: Option<Deed>,
    /// Set the end of the term.
    term: Option<Deed>,
    /// Ordered the renewal that waits.
    renewal: Option<Deed>,
    /// Started the trial of a product.
    trials: BTreeMap<ProductId, Deed>,
    /// Sold something, so that an instance has something to synchronise (R16).
    sale: Option<Deed>,
}

impl Origins {
    /// The command that this one goes back to, where it is not a cause of its own.
    pub(super) fn behind(&self, deed: &Deed) -> Option<&Deed> {
        match &deed.cause()?.event {
            Event::SubscriptionActivated { .. } => self.start.as_ref(),
            Event::SubscriptionRenewed(renewed) if renewed.was_scheduled => self.renewal.as_ref(),
            Event::SubscriptionExpired { .. } => self.term.as_ref(),
            Event::TrialExpired { product, .. } => self.trials.get(product),
            Event::InstanceSynchronized { .. } => self.sale.as_ref(),
            _ => None,
        }
    }

    /// Takes note of a command that later ones may go back to.
    pub(super) fn note(&mut self, deed: &Deed) {
        for fact in &deed.facts {
            match &fact.event {
                Event::SubscriptionStarted(_) => {
                    self.start = Some(deed.clone());
                    self.term = Some(deed.clone());
                    self.sale = Some(deed.clone());
                }
                Event::RenewalScheduled(_) => {
                    self.renewal = Some(deed.clone());
                    self.sale = Some(deed.clone());
                }
                // One that had waited was sold when it was ordered.
                Event::SubscriptionRenewed(renewed) if renewed.was_scheduled => self.term = Some(deed.clone()),
                Event::SubscriptionRenewed(_) | Event::SubscriptionCancelled { .. } => {
                    self.term = Some(deed.clone());
                    self.sale = Some(deed.clone());
                }
                Event::TrialStarted(trial) => {
                    self.trials.insert(trial.product.clone(), deed.clone());
                    self.sale = Some(deed.clone());
                }
                Event::SubscriptionSeatsChanged { .. }
                | Event::SeatsPurchased(_)
                | Event::SeatQuantityChanged { .. }
                | Event::AddOnChanged(_) => self.sale = Some(deed.clone()),
                _ => {}
            }
        }
    }
}
