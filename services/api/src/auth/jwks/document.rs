//! A JSON Web Key Set (RFC 7517).

use serde::Deserialize;
use serde_json::Value;

use super::{
    key::VerifyingKey,
    token::{Claims, SignedToken, base64_bytes},
};
use crate::auth::{AuthError, Unauthenticated};

/// The most keys of a set.
const KEYS_MAX: usize = 100;

/// The keys of an issuer that are of use here.
pub(super) struct Keys(Vec<NamedKey>);

struct NamedKey {
    id: Option<String>,
    key: VerifyingKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// What all keys have in common.
#[derive(Deserialize)]
struct Head {
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    #[serde(flatten)]
    material: Material,
}

/// The keys that are of use.
#[derive(Deserialize)]
#[serde(tag = "kty")]
enum Material {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String },
    #[serde(rename = "OKP")]
    Okp { crv: String, x: String },
}

impl Keys {
    /// Reads a set. Keys for other purposes or by other algorithms are left out, as RFC 7517 wants it.
    pub(super) fn read(text: &str, location: &str) -> Result<Self, AuthError> {
        let invalid = |problem: String| AuthError::InvalidKeys { location: location.to_owned(), problem };
        let document: Document = serde_json::from_str(text)
            .map_err(|error| invalid(format!("line {}: it needs a list of keys", error.line())))?;
        if document.keys.len() > KEYS_MAX {
            return Err(invalid(format!("it has more than {KEYS_MAX} keys")));
        }
        let keys: Vec<NamedKey> = document.keys.into_iter().filter_map(read_key).collect();
        if keys.is_empty() {
            return Err(AuthError::NoUsableKey { location: location.to_owned() });
        }
        Ok(Self(keys))
    }

    /// Whether the key is here that a token names.
    pub(super) fn know(&self, token: &SignedToken<'_>) -> bool {
        self.named(token).next().is_some()
    }

    /// What a token says, if the key that it names has signed it, by the algorithm of that key.
    pub(super) fn verify(&self, token: &SignedToken<'_>) -> Result<Claims, Unauthenticated> {
        if !self.know(token) {
            return Err(Unauthenticated::UnknownKey);
        }
        let key = self.named(token).find(|key| key.goes_by(token.algorithm())).ok_or(Unauthenticated::Unknown)?;
        token.claims(key)
    }

    /// The keys with the token's `kid`. A token without one can only mean the one key of a set of one.
    fn named(&self, token: &SignedToken<'_>) -> impl Iterator<Item = &VerifyingKey> {
        let is_named = |named: &&NamedKey| match token.key_id() {
            Some(id) => named.id.as_deref() == Some(id),
            None => self.0.len() == 1,
        };
        self.0.iter().filter(is_named).map(|named| &named.key)
    }
}

fn read_key(value: Value) -> Option<NamedKey> {
    let Head { kid, alg, r#use, material } = serde_json::from_value(value).ok()?;
    if r#use.is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let key = material.key()?;
    let is_for_its_algorithm = alg.is_none_or(|algorithm| key.goes_by(&algorithm));
    is_for_its_algorithm.then_some(NamedKey { id: kid, key })
}

impl Material {
    fn key(&self) -> Option<VerifyingKey> {
        match self {
            Material::Rsa { n, e } => VerifyingKey::rsa(&base64_bytes(n)?, &base64_bytes(e)?),
            Material::Ec { crv, x, y } if crv == "P-256" => VerifyingKey::p256(&base64_bytes(x)?, &base64_bytes(y)?),
            Material::Okp { crv, x } if crv == "Ed25519" => VerifyingKey::ed25519(&base64_bytes(x)?),
            Material::Ec { .. } | Material::Okp { .. } => None,
        }
    }
}
