//! Webhooks in a world, with impatient settings.

use std::time::{Duration, Instant};

use journal::Held;
use licensing::LicenseeId;
use notify::{
    pause::Pauses,
    webhooks::{
        AddressRules, From, Registration, Registry, Webhook, WebhookParts, WebhookPatience, WebhookState, Webhooks,
    },
};
use uuid::Uuid;

pub use crate::ground::World;
use crate::receiver::LONG;

pub const STORE_ID: &[u8] = &[0x5f];

/// Impatient, but for what would disable a webhook.
pub const PATIENCE: WebhookPatience = WebhookPatience {
    pauses: Pauses { first: Duration::from_millis(20), longest: Duration::from_millis(100) },
    disable_after: Duration::from_secs(3_600),
    attempt_max: Duration::from_millis(500),
};

/// For everybody's events of all types, from now on.
pub fn registration(url: &str) -> Registration {
    Registration {
        id: Uuid::now_v7(),
        url: url.to_owned(),
        licensee: None,
        types: Vec::new(),
        secret: None,
        from: None,
    }
}

pub fn only(licensee: &str) -> Option<LicenseeId> {
    LicenseeId::parse(licensee).ok()
}

pub fn from(text: &str) -> From {
    text.parse().unwrap()
}

impl World {
    pub fn registry(&self) -> Registry {
        let webhooks = self.webhooks.clone();
        Registry::new(move || Ok(webhooks.clone()), self.journal(), STORE_ID, AddressRules::default())
    }

    pub fn add(&self, url: &str) -> Webhook {
        self.registry().add(registration(url)).unwrap()
    }

    pub fn post(&self) -> Webhooks {
        self.post_with(PATIENCE)
    }

    pub fn post_with(&self, patience: WebhookPatience) -> Webhooks {
        let parts = WebhookParts {
            journal: self.journal(),
            webhooks: self.webhooks.clone(),
            tasks: Held::of_all(16),
            store_id: STORE_ID.to_vec(),
        };
        Webhooks::start(patience, parts).unwrap()
    }

    /// Waits until a webhook is at the end of every shard.
    pub fn wait_until_told(&self, webhook: &Webhook) {
        let ends = self.journal().heads().unwrap();
        self.wait_until(|| {
            let lanes = self.webhooks.lanes(Some(webhook.id)).unwrap();
            lanes.iter().all(|state| ends[usize::from(state.lane.at.shard)] == state.lane.at)
        });
    }

    pub fn wait_until_disabled(&self, webhook: &Webhook) -> Webhook {
        let now = || self.webhooks.one(webhook.id).unwrap().unwrap();
        self.wait_until(|| now().state == WebhookState::Disabled);
        now()
    }

    pub fn wait_until(&self, is_so: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_so() {
            assert!(began.elapsed() < LONG);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
