//! A public key, and the one algorithm that it verifies by.

use openssl::{
    bn::BigNum,
    ec::{EcGroup, EcKey},
    ecdsa::EcdsaSig,
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    pkey::{Id, PKey, Public},
    rsa::Rsa,
    sha::sha256,
    sign::Verifier,
};

/// The shortest RSA key that is trusted, in bits.
const RSA_BITS_MIN: i32 = 2048;
/// The length of each of the two numbers of an ES256 signature, in bytes.
const ES256_HALF_BYTES: usize = 32;

/// A public key of the issuer. What it is says by which algorithm it verifies: never does the token say so, or somebody
/// could have a public key taken for a shared secret.
pub(super) enum VerifyingKey {
    Rs256(PKey<Public>),
    Es256(EcKey<Public>),
    EdDsa(PKey<Public>),
}

impl VerifyingKey {
    /// Of modulus and exponent; `None` if it is no such key, or too short.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let key = Rsa::from_public_components(BigNum::from_slice(modulus).ok()?, BigNum::from_slice(exponent).ok()?);
        let is_long_enough = |key: &Rsa<Public>| key.n().num_bits() >= RSA_BITS_MIN;
        PKey::from_rsa(key.ok().filter(is_long_enough)?).ok().map(Self::Rs256)
    }

    /// Of the coordinates of a point on P-256; `None` if it isn't there.
    pub(super) fn p256(x: &[u8], y: &[u8]) -> Option<Self> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).ok()?;
        let (x, y) = (BigNum::from_slice(x).ok()?, BigNum::from_slice(y).ok()?);
        EcKey::from_public_key_affine_coordinates(&group, &x, &y).ok().map(Self::Es256)
    }

    /// Of the bytes of a point on Ed25519; `None` if it isn't there.
    pub(super) fn ed25519(x: &[u8]) -> Option<Self> {
        PKey::public_key_from_raw_bytes(x, Id::ED25519).ok().map(Self::EdDsa)
    }

    /// Whether it is the key's algorithm that goes by this name (RFC 7518, RFC 8037, RFC 9864).
    pub(super) fn goes_by(&self, algorithm: &str) -> bool {
        match self {
            Self::Rs256(_) => algorithm == "RS256",
            Self::Es256(_) => algorithm == "ES256",
            Self::EdDsa(_) => matches!(algorithm, "EdDSA" | "Ed25519"),
        }
    }

    /// Whether the owner of the key signed this.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self {
            Self::Rs256(key) => rs256(key, message, signature),
            Self::Es256(key) => es256(key, message, signature),
            Self::EdDsa(key) => {
                Verifier::new_without_digest(key).and_then(|mut by| by.verify_oneshot(signature, message))
            }
        };
        // What OpenSSL can't read as a signature is none.
        verified.unwrap_or(false)
    }
}

fn rs256(key: &PKey<Public>, message: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
    Verifier::new(MessageDigest::sha256(), key)?.verify_oneshot(signature, message)
}

fn es256(key: &EcKey<Public>, message: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
    let Some((r, s)) = signature.split_at_checked(ES256_HALF_BYTES).filter(|(_, s)| s.len() == ES256_HALF_BYTES) else {
        return Ok(false);
    };
    EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?.verify(&sha256(message), key)
}
