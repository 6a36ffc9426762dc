//! What operators do with webhooks.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use contract::event::TYPE_NAMES;
use journal::{Head, Journal};
use licensing::LicenseeId;
use openssl::error::ErrorStack;
use uuid::Uuid;

use super::{
    Added, Address, AddressRules, From, InvalidAddress, InvalidFrom, LaneState, NewWebhook, SigningSecret,
    WEBHOOKS_MAX, Webhook, WebhookPatience, WebhookStore,
    message::{Message, Source},
    places::{ends, places},
    poster::Poster,
};
use crate::NotifyError;

/// Gives what is kept of webhooks.
type Open = Box<dyn Fn() -> Result<Arc<dyn WebhookStore>, NotifyError> + Send + Sync>;

/// Where operators register webhooks and look after them. It posts nothing but tests.
pub struct Registry {
    open: Open,
    journal: Arc<dyn Journal>,
    rules: AddressRules,
    source: Source,
    poster: Poster,
}

/// What is to be registered.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its id; [`Registry::add`] of one that is there changes nothing.
    pub id: Uuid,
    /// Where to post to.
    pub url: String,
    /// Whose events; `None` for everybody's.
    pub licensee: Option<LicenseeId>,
    /// Short names of the types of events; empty for all.
    pub types: Vec<String>,
    /// What to sign with; `None` to have one made.
    pub secret: Option<SigningSecret>,
    /// With which event to begin; `None` for the next one.
    pub from: Option<From>,
}

/// What became of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// The `webhook-id` that it bore.
    pub id: String,
    /// What stood in the way, if it was not taken.
    pub problem: Option<String>,
}

/// Why something can't be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The address.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
    /// The place to begin at.
    #[error(transparent)]
    From(#[from] InvalidFrom),
    /// A type that there is not.
    #[error("the type {0:?} is unknown: use short names such as SeatRemoved")]
    Type(String),
    /// There is no such webhook.
    #[error("there is no webhook of this id: see the list of those that there are")]
    Unknown,
    /// There are enough.
    #[error("there are {WEBHOOKS_MAX} webhooks already, nothing was done: remove one that nobody needs")]
    Full,
    /// There are no random bytes.
    #[error("no secret can be made: give one, or look after the system's randomness")]
    NoSecret(#[source] ErrorStack),
    /// What is kept can't be asked now.
    #[error(transparent)]
    Store(#[from] NotifyError),
}

impl Registry {
    /// One for a store; `open` is called whenever something is asked.
    pub fn new(
        open: impl Fn() -> Result<Arc<dyn WebhookStore>, NotifyError> + Send + Sync + 'static,
        journal: Arc<dyn Journal>,
        store_id: &[u8],
        rules: AddressRules,
    ) -> Self {
        let poster = Poster::new(WebhookPatience::default().attempt_max);
        Self { open: Box::new(open), journal, rules, source: Source::of_store(store_id), poster }
    }

    /// Whether a registration would be taken, as far as that can be told without making it; and how it begins.
    fn checked(&self, registration: &Registration) -> Result<(Address, Vec<Head>), RegistryError> {
        let address = Address::parse(&registration.url, self.rules)?;
        let is_known = |name: &String| TYPE_NAMES.iter().any(|full| full.rsplit('.').next() == Some(name));
        if let Some(unknown) = registration.types.iter().find(|name| !is_known(name)) {
            return Err(RegistryError::Type(unknown.chars().take(64).collect()));
        }
        let mut begins = ends(&*self.journal, registration.licensee.as_ref())?;
        if let Some(from) = &registration.from {
            let moved = places(&*self.journal, from, &begins)??;
            for place in moved {
                begins.iter_mut().filter(|begin| begin.shard == place.shard).for_each(|begin| *begin = place);
            }
        }
        Ok((address, begins))
    }

    /// Fails where [`add`](Self::add) would, and adds nothing.
    ///
    /// # Errors
    /// As `add`.
    pub fn check(&self, registration: &Registration) -> Result<(), RegistryError> {
        self.checked(registration)?;
        let all = self.store()?.all()?;
        let is_there = all.iter().any(|webhook| webhook.id == registration.id);
        if is_there || all.len() < WEBHOOKS_MAX { Ok(()) } else { Err(RegistryError::Full) }
    }

    /// Registers a webhook, and gives it with its secret.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn add(&self, registration: Registration) -> Result<Webhook, RegistryError> {
        let (address, begins) = self.checked(&registration)?;
        let Registration { id, licensee, types, secret, .. } = registration;
        let secret = secret.map_or_else(SigningSecret::generate, Ok).map_err(RegistryError::NoSecret)?;
        let webhook = NewWebhook { id, address, licensee, types, secret };
        match self.store()?.add(&webhook, &begins)? {
            Added::New | Added::Before => self.one(id),
            Added::Full => Err(RegistryError::Full),
        }
    }

    /// All webhooks with their lanes, oldest first.
    ///
    /// # Errors
    /// [`RegistryError::Store`].
    pub fn all(&self) -> Result<Vec<(Webhook, Vec<LaneState>)>, RegistryError> {
        let store = self.store()?;
        let lanes = store.lanes(None)?;
        let of = |id: Uuid| lanes.iter().copied().filter(|state| state.lane.webhook == id).collect();
        Ok(store.all()?.into_iter().map(|webhook| (of(webhook.id), webhook)).map(|(lanes, one)| (one, lanes)).collect())
    }

    /// One of them, with its secrets.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] or [`RegistryError::Store`].
    pub fn one(&self, id: Uuid) -> Result<Webhook, RegistryError> {
        self.store()?.one(id)?.ok_or(RegistryError::Unknown)
    }

    /// How far one of them is in each shard that it follows.
    ///
    /// # Errors
    /// [`RegistryError::Store`].
    pub fn lanes(&self, id: Uuid) -> Result<Vec<LaneState>, RegistryError> {
        Ok(self.store()?.lanes(Some(id))?)
    }

    /// Removes one; false if there is none.
    ///
    /// # Errors
    /// [`RegistryError::Store`].
    pub fn remove(&self, id: Uuid) -> Result<bool, RegistryError> {
        Ok(self.store()?.remove(id)?)
    }

    /// Enables one that was disabled, which goes on where it stopped; one that fails is tried at once.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] or [`RegistryError::Store`].
    pub fn enable(&self, id: Uuid) -> Result<(), RegistryError> {
        if self.store()?.enable(id)? { Ok(()) } else { Err(RegistryError::Unknown) }
    }

    /// Gives one another secret, and signs with the one before as well for a while.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn rotate(
        &self,
        id: Uuid,
        secret: Option<SigningSecret>,
        old_valid_for: Duration,
    ) -> Result<Webhook, RegistryError> {
        let secret = secret.map_or_else(SigningSecret::generate, Ok).map_err(RegistryError::NoSecret)?;
        if !self.store()?.rotate(id, &secret, old_valid_for)? {
            return Err(RegistryError::Unknown);
        }
        self.one(id)
    }

    /// Where one would go back to, or go on from.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn places(&self, id: Uuid, from: &From) -> Result<Vec<Head>, RegistryError> {
        let followed: Vec<u16> = self.lanes_of_known(id)?.iter().map(|state| state.lane.at.shard).collect();
        let mut ends = self.journal.heads().map_err(NotifyError::from)?;
        ends.retain(|end| followed.contains(&end.shard));
        Ok(places(&*self.journal, from, &ends)??)
    }

    /// Posts everything from there on, again or never.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn replay(&self, id: Uuid, from: &From) -> Result<(), RegistryError> {
        let places = self.places(id, from)?;
        if self.store()?.move_to(id, &places)? { Ok(()) } else { Err(RegistryError::Unknown) }
    }

    /// Posts a message that says nothing, once, whether the webhook is enabled or not. Blocks until that is over.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] or [`RegistryError::Store`]; that it was not taken is none.
    pub fn test(&self, id: Uuid) -> Result<Tested, RegistryError> {
        let webhook = self.one(id)?;
        let message = Message::test(&self.source, Utc::now());
        let problem = self.poster.post(&webhook, &message).err().map(|error| error.to_string());
        Ok(Tested { id: message.id, problem })
    }

    fn lanes_of_known(&self, id: Uuid) -> Result<Vec<LaneState>, RegistryError> {
        self.one(id)?;
        self.lanes(id)
    }

    fn store(&self) -> Result<Arc<dyn WebhookStore>, NotifyError> {
        (self.open)()
    }
}
