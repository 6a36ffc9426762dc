//! Events to other programs: each is posted as a CloudEvent, signed as Standard Webhooks has it (standardwebhooks.com).
//!
//! An operator registers an address, for one licensee or for all ([`Registry`]). A webhook follows each shard on a *lane* of
//! its own: one event after another, in the order of the shard and so in that of each licensee; the place of the lane is
//! noted, durably, behind each event that was answered with success. Whatever crashes, an event is posted at least once, with
//! the same `webhook-id` each time. One that fails is tried again with growing pauses, and holds up its lane; when that goes
//! on for days, or at once if the other side says 410, the webhook is disabled. Enabled again, it goes on where it stopped.

mod address;
mod dispatcher;
mod gauges;
mod lane;
mod message;
mod places;
mod poster;
mod registry;
mod secret;
mod store;

use std::{sync::Arc, time::Duration};

use journal::{Background, Held, Journal, Watch};

pub use address::{Address, AddressRules, InvalidAddress};
pub use places::{From, InvalidFrom};
pub use registry::{Registration, Registry, RegistryError, Tested};
pub use secret::{InvalidSecret, SigningSecret};
pub use store::{
    Added, Aftermath, Failure, Lane, LaneState, NewWebhook, OldSecret, WEBHOOKS_MAX, Webhook, WebhookState,
    WebhookStore,
};
pub(crate) use store::{types_of, types_text};

use crate::{NotifyError, pause::Pauses};
use dispatcher::Dispatcher;
use message::Source;
use poster::Poster;

/// How often, and how long, is tried what does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookPatience {
    /// Between two attempts on one event.
    pub pauses: Pauses,
    /// For how long an event may fail until its webhook is disabled.
    pub disable_after: Duration,
    /// How long one attempt may take.
    pub attempt_max: Duration,
}

impl Default for WebhookPatience {
    /// From 5 seconds to an hour apart, for five days; 20 seconds an attempt.
    fn default() -> Self {
        Self {
            pauses: Pauses { first: Duration::from_secs(5), longest: Duration::from_secs(3600) },
            disable_after: Duration::from_secs(5 * 24 * 3600),
            attempt_max: Duration::from_secs(20),
        }
    }
}

/// What webhooks are made of, and where it is noted what was posted.
#[derive(Clone)]
pub struct WebhookParts {
    /// Where things happen.
    pub journal: Arc<dyn Journal>,
    /// What is kept.
    pub webhooks: Arc<dyn WebhookStore>,
    /// The shards that this process posts the events of; a process without leases has all of them there.
    pub tasks: Held,
    /// What tells this store from every other.
    pub store_id: Vec<u8>,
}

/// Webhooks at work. Dropped, they end the events at hand, and leave the rest to whoever comes next.
pub struct Webhooks {
    // In this order they are stopped.
    _follower: Background,
    _dispatcher: Background,
}

impl Webhooks {
    /// Begins to post what happens to whoever is registered by then or later.
    ///
    /// # Errors
    /// [`NotifyError::Thread`]. Whatever goes wrong later is logged, counted and tried again.
    pub fn start(patience: WebhookPatience, parts: WebhookParts) -> Result<Self, NotifyError> {
        let (committed, wake) = (parts.journal.watch(), Watch::default());
        let poster = Poster::new(patience.attempt_max);
        let source = Source::of_store(&parts.store_id);
        let dispatcher = Dispatcher::new(patience, parts, poster, source, wake.clone())?;
        let dispatcher = Background::start("webhooks", wake.clone(), move |stopping| dispatcher.run(&stopping));
        let dispatcher = dispatcher.map_err(NotifyError::Thread)?;
        let waiting = committed.clone();
        let follower = Background::start("webhooks-journal", waiting, move |stopping| {
            dispatcher::tell_of_commits(&committed, &wake, &stopping);
        });
        Ok(Self { _follower: follower.map_err(NotifyError::Thread)?, _dispatcher: dispatcher })
    }
}
