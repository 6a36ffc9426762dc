//! Who calls, and what they may do.
//!
//! A caller shows a bearer token, which stands for a [`Principal`]: a name and some [`Role`]s. What each route needs is one
//! table, [`Door`]; the layer [`admit`](crate::layers::admit) holds every request against it.
//!
//! What is kept elsewhere, a file of tokens or the keys of an issuer, is read again when it may have changed. What can't
//! be read then leaves what was read before, and a line in the log. No token gets into a log, an error or a metric.

mod actor;
mod bearer;
mod caller;
mod custody;
mod doors;
mod error;
mod jwks;
mod principal;
mod reloads;
mod role;
mod tokens;
mod watched_file;

use std::{path::Path, sync::Arc, time::Instant};

use chrono::Utc;

pub(crate) use bearer::bearer_token;
pub use caller::{Caller, Unknown};
pub(crate) use doors::{Door, Verdict, door_of, is_open, licensee_of};
pub use error::AuthError;
pub(crate) use error::Unauthenticated;
use jwks::KeySet;
pub(crate) use principal::Principal;
use role::Role;
use tokens::TokenFile;

/// How callers prove who they are. Clones share what was read.
#[derive(Clone)]
pub struct Auth(Arc<Method>);

enum Method {
    None,
    Tokens(TokenFile),
    Jwks(KeySet),
}

impl Auth {
    /// Nobody has to prove anything, and everybody may do everything, as `anonymous`: for a loopback address only.
    pub fn none() -> Self {
        Self(Arc::new(Method::None))
    }

    /// By a file that lists the digests of tokens; it is read again when it changes. Blocks.
    ///
    /// The file is TOML: for each token a table `[[token]]` with `sha256`, the token's SHA-256 in hexadecimal
    /// (`printf %s "$TOKEN" | sha256sum`), `actor`, `roles` and, if it is to end, `expires_at`.
    ///
    /// # Errors
    /// [`AuthError`] where the file can't be read or does not fit.
    pub fn tokens(file: &Path) -> Result<Self, AuthError> {
        Ok(Self(Arc::new(Method::Tokens(TokenFile::open(file)?))))
    }

    /// By JSON Web Tokens of an issuer whose keys (JWKS) are in a file or at a URL: `https://`, or `http://` on a loopback
    /// address. Blocks, for up to 5 s.
    ///
    /// A token is signed by RS256, ES256 or EdDSA, whichever its key is for, and has the claims `sub` (the actor), `exp`,
    /// `roles` (a list) and maybe `nbf`. `iss` and `aud` are not looked at: the keys are to be of an issuer that makes
    /// tokens for usher alone.
    ///
    /// # Errors
    /// [`AuthError`] where the keys can't be read, or none of them is of use.
    pub fn jwks(location: &str) -> Result<Self, AuthError> {
        Ok(Self(Arc::new(Method::Jwks(KeySet::open(location)?))))
    }

    /// Who calls where nobody has to say so.
    pub(crate) fn anonymous(&self) -> Option<Principal> {
        matches!(*self.0, Method::None).then(Principal::anonymous)
    }

    /// Takes it on the caller to [`reload`](Self::reload), if that has to be done before this token is looked at.
    pub(crate) fn claim_reload(&self, token: &str) -> bool {
        match &*self.0 {
            Method::None => false,
            Method::Tokens(file) => file.claim_reload(Instant::now()),
            Method::Jwks(keys) => keys.claim_reload(token, Instant::now()),
        }
    }

    /// Reads again what may have changed. Blocks.
    pub(crate) fn reload(&self) {
        match &*self.0 {
            Method::None => {}
            Method::Tokens(file) => file.reload(),
            Method::Jwks(keys) => keys.reload(),
        }
    }

    /// For whom a token stands.
    pub(crate) fn identify(&self, token: &str) -> Result<Principal, Unauthenticated> {
        match &*self.0 {
            Method::None => Ok(Principal::anonymous()),
            Method::Tokens(file) => file.identify(token, Utc::now()),
            Method::Jwks(keys) => keys.identify(token, Utc::now()),
        }
    }
}
