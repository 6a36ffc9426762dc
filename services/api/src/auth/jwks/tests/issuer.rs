//! An issuer of tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{
    bn::{BigNum, BigNumContext},
    ec::{EcGroup, EcKey},
    ecdsa::EcdsaSig,
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
    sha::sha256,
    sign::Signer,
};
use serde_json::{Value, json};

pub(super) const NOW: &str = "2026-01-01T00:00:00Z";
pub(super) const NOW_S: i64 = 1_767_225_600;

/// What the issuer signs with.
pub(super) enum IssuerKey {
    Rsa(PKey<Private>),
    P256(EcKey<Private>),
    Ed25519(PKey<Private>),
}

impl IssuerKey {
    pub(super) fn rsa(bits: u32) -> Self {
        Self::Rsa(PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap())
    }

    pub(super) fn p256() -> Self {
        Self::P256(EcKey::generate(&p256_group()).unwrap())
    }

    pub(super) fn ed25519() -> Self {
        Self::Ed25519(PKey::generate_ed25519().unwrap())
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// The public key, with `kid` as its id.
    pub(super) fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Rsa(key) => {
                let key = key.rsa().unwrap();
                json!({"kty": "RSA", "kid": kid, "use": "sig", "n": base64(&key.n().to_vec()), "e": base64(&key.e().to_vec())})
            }
            Self::P256(key) => {
                let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
                let mut context = BigNumContext::new().unwrap();
                key.public_key().affine_coordinates(&p256_group(), &mut x, &mut y, &mut context).unwrap();
                let half = |number: &BigNum| base64(&number.to_vec_padded(32).unwrap());
                json!({"kty": "EC", "kid": kid, "alg": "ES256", "crv": "P-256", "x": half(&x), "y": half(&y)})
            }
            Self::Ed25519(key) => {
                json!({"kty": "OKP", "kid": kid, "crv": "Ed25519", "x": base64(&key.raw_public_key().unwrap())})
            }
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(key) => Signer::new(MessageDigest::sha256(), key).unwrap().sign_oneshot_to_vec(message).unwrap(),
            Self::P256(key) => {
                let signature = EcdsaSig::sign(&sha256(message), key).unwrap();
                [signature.r(), signature.s()].map(|number| number.to_vec_padded(32).unwrap()).concat()
            }
            Self::Ed25519(key) => Signer::new_without_digest(key).unwrap().sign_oneshot_to_vec(message).unwrap(),
        }
    }

    /// A token with this header and these claims, signed by the key whatever the header says.
    pub(super) fn token(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        format!("{message}.{}", base64(&self.sign(message.as_bytes())))
    }

    /// A token as the issuer makes them.
    pub(super) fn good_token(&self, kid: &str) -> String {
        self.token(&json!({"alg": self.algorithm(), "kid": kid, "typ": "JWT"}), &claims())
    }
}

pub(super) fn p256_group() -> EcGroup {
    EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()
}

pub(super) fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()))
}

pub(super) fn claims() -> Value {
    json!({"sub": "alice", "exp": NOW_S + 600, "roles": ["auditor", "odd"], "iss": "any", "aud": ["any"]})
}

pub(super) fn keys_of(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}
