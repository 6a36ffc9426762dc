//! A JSON Web Token (RFC 7519), signed, in its compact form (RFC 7515).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::key::VerifyingKey;
use crate::auth::Unauthenticated;

/// By how much the clocks of issuer and usher may differ, in seconds.
const LEEWAY_S: f64 = 60.0;

/// A token, not verified yet: its claims can't be had without a key.
pub(super) struct SignedToken<'a> {
    header: Header,
    claims: &'a str,
    /// Header and claims as they were sent.
    message: &'a [u8],
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What whoever does not know it must not ignore; nothing of the kind is known here.
    crit: Option<Box<RawValue>>,
}

/// What a token says.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    /// For whom it stands.
    pub(super) sub: String,
    #[serde(default)]
    pub(super) roles: Vec<String>,
    /// From when on it is no longer valid, in seconds since 1970.
    exp: f64,
    /// Before when it is not valid.
    nbf: Option<f64>,
}

impl<'a> SignedToken<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, Unauthenticated> {
        Self::read(token).ok_or(Unauthenticated::Malformed)
    }

    fn read(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header: Header = serde_json::from_slice(&base64_bytes(header)?).ok()?;
        let signature = base64_bytes(signature)?;
        header.crit.is_none().then_some(Self { header, claims, message: message.as_bytes(), signature })
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The algorithm that the token claims to be signed by.
    pub(super) fn algorithm(&self) -> &str {
        &self.header.alg
    }

    /// What the token says, if the owner of the key signed it.
    pub(super) fn claims(&self, key: &VerifyingKey) -> Result<Claims, Unauthenticated> {
        if !key.has_signed(self.message, &self.signature) {
            return Err(Unauthenticated::Unknown);
        }
        let claims = base64_bytes(self.claims).and_then(|json| serde_json::from_slice(&json).ok());
        claims.ok_or(Unauthenticated::Malformed)
    }
}

impl Claims {
    /// Whether the token is valid at this time.
    pub(super) fn check_time(&self, now: DateTime<Utc>) -> Result<(), Unauthenticated> {
        // Seconds with a fraction are exact enough for centuries.
        let now = now.timestamp_millis() as f64 / 1_000.0;
        if now >= self.exp + LEEWAY_S {
            return Err(Unauthenticated::Expired);
        }
        if self.nbf.is_some_and(|nbf| nbf > now + LEEWAY_S) {
            return Err(Unauthenticated::NotYet);
        }
        Ok(())
    }
}

/// The bytes of a part, which is written without padding.
pub(super) fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
