//! Tokens whose digests stand in a file.

mod file;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use journal::with_causes;
use openssl::{memcmp, sha::sha256};
use parking_lot::RwLock;

use super::{AuthError, Principal, Unauthenticated, reloads::Reloads, role::UnknownRoles, watched_file::WatchedFile};
use file::{TokenEntry, read_tokens};

/// How often the file is looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// A file of tokens' digests, read again when it changes.
pub(super) struct TokenFile {
    file: WatchedFile,
    looks: Reloads,
    tokens: RwLock<Arc<[Token]>>,
    unknown_roles: UnknownRoles,
}

/// For whom a token stands.
struct Token {
    digest: [u8; 32],
    principal: Principal,
    expires_at: Option<DateTime<Utc>>,
}

impl TokenFile {
    pub(super) fn open(path: &Path) -> Result<Self, AuthError> {
        let looks = Reloads::every(LOOK_INTERVAL, Instant::now());
        let (file, text) = WatchedFile::open(path)?;
        let unknown_roles = UnknownRoles::default();
        let tokens = read(&file, &text, &unknown_roles)?;
        Ok(Self { file, looks, tokens: RwLock::new(tokens), unknown_roles })
    }

    pub(super) fn claim_reload(&self, now: Instant) -> bool {
        self.looks.claim(now)
    }

    pub(super) fn reload(&self) {
        if let Err(error) = self.try_reload() {
            tracing::error!(cause = with_causes(&error), "the file of tokens can't be used: its last version holds on");
        }
    }

    fn try_reload(&self) -> Result<(), AuthError> {
        if let Some(text) = self.file.read_if_changed()? {
            *self.tokens.write() = read(&self.file, &text, &self.unknown_roles)?;
            tracing::info!(file = %self.file.path().display(), "the file of tokens was read again");
        }
        Ok(())
    }

    pub(super) fn identify(&self, token: &str, now: DateTime<Utc>) -> Result<Principal, Unauthenticated> {
        let digest = sha256(token.as_bytes());
        let tokens = Arc::clone(&self.tokens.read());
        // How long this takes tells nothing: all are compared, each in constant time.
        let found = tokens.iter().fold(None, |found, token| {
            let is_it = memcmp::eq(&token.digest, &digest);
            if is_it { Some(token) } else { found }
        });
        let token = found.ok_or(Unauthenticated::Unknown)?;
        if token.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(Unauthenticated::Expired);
        }
        Ok(token.principal.clone())
    }
}

fn read(file: &WatchedFile, text: &str, unknown_roles: &UnknownRoles) -> Result<Arc<[Token]>, AuthError> {
    let invalid = |problem| AuthError::InvalidTokens { path: file.path().to_owned(), problem };
    let to_token = |TokenEntry { digest, actor, roles, expires_at }| {
        let principal = Principal::new(actor, unknown_roles.sift(&roles));
        Token { digest, principal, expires_at }
    };
    Ok(read_tokens(text).map_err(invalid)?.into_iter().map(to_token).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    fn entry(token: &str, actor: &str, more: &str) -> String {
        let digest = hex::encode(sha256(token.as_bytes()));
        format!("[[token]]\nsha256 = \"{digest}\"\nactor = \"{actor}\"\nroles = [\"auditor\"]\n{more}\n")
    }

    fn actor_of(file: &TokenFile, token: &str) -> Result<String, Unauthenticated> {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        file.identify(token, now).map(|principal| principal.actor().to_owned())
    }

    #[test]
    fn a_token_stands_for_its_actor_until_it_expires() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        let entries = [
            entry("one", "first", ""),
            entry("two", "second", "expires_at = \"2026-01-01T00:00:00.000001Z\""),
            entry("three", "third", "expires_at = 2026-01-01T01:00:00+01:00"),
        ];
        fs::write(&path, entries.concat()).unwrap();
        let file = TokenFile::open(&path).unwrap();
        assert_eq!(actor_of(&file, "one"), Ok("first".to_owned()));
        assert_eq!(actor_of(&file, "two"), Ok("second".to_owned()));
        assert_eq!(actor_of(&file, "three"), Err(Unauthenticated::Expired));
        for unknown in ["", "One", "one ", "four"] {
            assert_eq!(actor_of(&file, unknown), Err(Unauthenticated::Unknown), "{unknown:?}");
        }
    }

    #[test]
    fn a_new_version_is_read_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        fs::write(&path, entry("one", "first", "")).unwrap();
        let file = TokenFile::open(&path).unwrap();
        fs::write(&path, entry("two", "second", "")).unwrap();
        let opened = file.looks.last();
        assert!(!file.claim_reload(opened), "it is looked at once a second");
        assert!(file.claim_reload(opened + LOOK_INTERVAL));
        file.reload();
        assert_eq!(actor_of(&file, "one"), Err(Unauthenticated::Unknown));
        assert_eq!(actor_of(&file, "two"), Ok("second".to_owned()));
        for broken in ["", "token = 1", &entry("three", "third", "expires_at = \"soon\"")] {
            fs::write(&path, broken).unwrap();
            assert!(file.try_reload().is_err(), "{broken:?} was taken");
            assert_eq!(actor_of(&file, "two"), Ok("second".to_owned()), "{broken:?} took effect");
        }
        fs::remove_file(&path).unwrap();
        file.reload();
        assert_eq!(actor_of(&file, "two"), Ok("second".to_owned()));
    }
}
