//! JSON Web Tokens, signed by an issuer whose keys are in a file or at a URL.

mod document;
mod key;
mod source;
mod token;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use journal::with_causes;
use parking_lot::RwLock;

use super::{AuthError, Principal, Unauthenticated, reloads::Reloads, role::UnknownRoles};
use document::Keys;
use source::Source;
use token::SignedToken;

/// How often a file is looked at.
const FILE_INTERVAL: Duration = Duration::from_secs(1);
/// How often keys are fetched at most, whoever asks with keys that nobody knows.
const FETCH_INTERVAL: Duration = Duration::from_secs(60);
/// For how long fetched keys are trusted before they are fetched again: an issuer may have withdrawn one.
const TRUSTED_FOR: Duration = Duration::from_secs(60 * 60);

/// An issuer's keys, read again when they may have changed.
pub(super) struct KeySet {
    source: Source,
    reloads: Reloads,
    is_loading: AtomicBool,
    loaded: RwLock<Loaded>,
    unknown_roles: UnknownRoles,
}

/// What was read, and when.
#[derive(Clone)]
struct Loaded {
    keys: Arc<Keys>,
    at: Instant,
}

impl KeySet {
    pub(super) fn open(location: &str) -> Result<Self, AuthError> {
        let now = Instant::now();
        let (source, text) = Source::open(location)?;
        let keys = Arc::new(Keys::read(&text, source.location())?);
        let interval = if source.is_file() { FILE_INTERVAL } else { FETCH_INTERVAL };
        Ok(Self {
            source,
            reloads: Reloads::every(interval, now),
            is_loading: AtomicBool::new(false),
            loaded: RwLock::new(Loaded { keys, at: now }),
            unknown_roles: UnknownRoles::default(),
        })
    }

    pub(super) fn claim_reload(&self, token: &str, now: Instant) -> bool {
        let Loaded { keys, at } = self.loaded.read().clone();
        let may_help = self.source.is_file()
            || now.saturating_duration_since(at) >= TRUSTED_FOR
            || SignedToken::parse(token).is_ok_and(|token| !keys.know(&token));
        let is_claimed = may_help && self.reloads.claim(now);
        if is_claimed {
            self.is_loading.store(true, Ordering::Release);
        }
        is_claimed
    }

    pub(super) fn reload(&self) {
        if let Err(error) = self.try_reload() {
            tracing::error!(cause = with_causes(&error), "the issuer's keys can't be used: the last ones hold on");
        }
        self.is_loading.store(false, Ordering::Release);
    }

    fn try_reload(&self) -> Result<(), AuthError> {
        let at = Instant::now();
        if let Some(text) = self.source.read_again()? {
            let keys = Arc::new(Keys::read(&text, self.source.location())?);
            *self.loaded.write() = Loaded { keys, at };
            tracing::debug!(from = self.source.location(), "the issuer's keys were read again");
        }
        Ok(())
    }

    pub(super) fn identify(&self, token: &str, now: DateTime<Utc>) -> Result<Principal, Unauthenticated> {
        // Asked for first: once a fetch is seen to be over, its keys are seen too.
        let is_loading = self.is_loading.load(Ordering::Acquire);
        let token = SignedToken::parse(token)?;
        let keys = Arc::clone(&self.loaded.read().keys);
        let claims = match keys.verify(&token) {
            Err(Unauthenticated::UnknownKey) if is_loading => return Err(Unauthenticated::KeysOnTheirWay),
            verified => verified?,
        };
        claims.check_time(now)?;
        let actor = claims.sub.parse().map_err(|_| Unauthenticated::Malformed)?;
        Ok(Principal::new(actor, self.unknown_roles.sift(&claims.roles)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
