//! Keys that sign and check seals: Ed25519, as `openssl genpkey -algorithm ed25519` writes them.

use openssl::{
    error::ErrorStack,
    pkey::{HasPublic, Id, PKey, Private, Public},
    sign::{Signer, Verifier},
};

use super::Hex;

/// A public key as it stands in a seal.
pub type RawPublicKey = Hex<32>;
/// A signature.
pub type RawSignature = Hex<64>;

/// Why a key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The text is no such key.
    #[error(
        "this is no {expected}: make a pair with usher seal --new-key FILE, or with openssl genpkey -algorithm ed25519"
    )]
    Unreadable {
        /// What it should be.
        expected: &'static str,
        /// What OpenSSL says.
        #[source]
        source: ErrorStack,
    },
    /// A key of another algorithm.
    #[error("the key is not one of Ed25519: make a pair with usher seal --new-key FILE")]
    Algorithm,
    /// OpenSSL can't do it, which no input brings about.
    #[error("OpenSSL cannot work with Ed25519: use a build of usher with OpenSSL 3")]
    OpenSsl(#[from] ErrorStack),
}

/// The key that signs seals. Whoever has it can make seals; it is never shown.
pub struct SigningKey(PKey<Private>);

/// The key that seals are checked with.
#[derive(Debug, Clone)]
pub struct VerifyingKey(PKey<Public>);

impl SigningKey {
    /// A new key, from the system's randomness.
    ///
    /// # Errors
    /// [`KeyError::OpenSsl`].
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self(PKey::generate_ed25519()?))
    }

    /// Reads a private key in PEM (PKCS#8) without a pass phrase.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`] and [`KeyError::Algorithm`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        // Without a callback OpenSSL would ask for a pass phrase on the terminal.
        let key = PKey::private_key_from_pem_callback(pem, |_| Ok(0))
            .map_err(|source| KeyError::Unreadable { expected: "private key in PEM without a pass phrase", source })?;
        of_ed25519(&key)?;
        Ok(Self(key))
    }

    /// The private key in PEM (PKCS#8).
    ///
    /// # Errors
    /// [`KeyError::OpenSsl`].
    pub fn to_pem(&self) -> Result<Vec<u8>, KeyError> {
        Ok(self.0.private_key_to_pem_pkcs8()?)
    }

    /// The public half in PEM, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// [`KeyError::OpenSsl`].
    pub fn public_pem(&self) -> Result<Vec<u8>, KeyError> {
        Ok(self.0.public_key_to_pem()?)
    }

    /// The public half, raw.
    pub(crate) fn public(&self) -> Result<RawPublicKey, KeyError> {
        raw(&self.0)
    }

    /// Signs bytes (RFC 8032, pure Ed25519).
    pub(crate) fn sign(&self, bytes: &[u8]) -> Result<RawSignature, KeyError> {
        let signature = Signer::new_without_digest(&self.0)?.sign_oneshot_to_vec(bytes)?;
        signature.try_into().map(Hex).map_err(|_| KeyError::Algorithm)
    }
}

impl VerifyingKey {
    /// Reads a public key in PEM.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`] and [`KeyError::Algorithm`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let key = PKey::public_key_from_pem(pem)
            .map_err(|source| KeyError::Unreadable { expected: "public key in PEM", source })?;
        of_ed25519(&key)?;
        Ok(Self(key))
    }

    /// The key, raw.
    pub(crate) fn raw(&self) -> Result<RawPublicKey, KeyError> {
        raw(&self.0)
    }
}

/// Whether the signature of the bytes is of this key.
pub(crate) fn is_signed(key: &RawPublicKey, bytes: &[u8], signature: &RawSignature) -> Result<bool, KeyError> {
    let key = PKey::public_key_from_raw_bytes(&key.0, Id::ED25519)?;
    // For some signatures that are none OpenSSL has an error instead of a no.
    Ok(Verifier::new_without_digest(&key)?.verify_oneshot(&signature.0, bytes).unwrap_or(false))
}

fn of_ed25519<T>(key: &PKey<T>) -> Result<(), KeyError> {
    if key.id() == Id::ED25519 { Ok(()) } else { Err(KeyError::Algorithm) }
}

fn raw<T: HasPublic>(key: &PKey<T>) -> Result<RawPublicKey, KeyError> {
    key.raw_public_key()?.try_into().map(Hex).map_err(|_| KeyError::Algorithm)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_signs_its_public_half_confirms_and_no_other() {
        let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let signature = key.sign(b"words").unwrap();
        let is_signed_by = |key: &SigningKey, bytes| is_signed(&key.public().unwrap(), bytes, &signature).unwrap();
        assert!(is_signed_by(&key, b"words"));
        assert!(!is_signed_by(&key, b"word"));
        assert!(!is_signed_by(&other, b"words"));
        let read = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
        assert_eq!(read.sign(b"words").unwrap(), signature, "Ed25519 is deterministic");
        let public = VerifyingKey::from_pem(&key.public_pem().unwrap()).unwrap();
        assert_eq!(public.raw().unwrap(), key.public().unwrap());
    }

    /// RFC 8032, 7.1, test 2.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let secret = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb".parse::<Hex<32>>().unwrap();
        let key = SigningKey(PKey::private_key_from_raw_bytes(&secret.0, Id::ED25519).unwrap());
        assert_eq!(
            key.sign(&[0x72]).unwrap().to_string(),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        assert!(matches!(SigningKey::from_pem(b"secret"), Err(KeyError::Unreadable { .. })));
        assert!(matches!(VerifyingKey::from_pem(b""), Err(KeyError::Unreadable { .. })));
        let x25519 = PKey::generate_x25519().unwrap();
        let pem = x25519.private_key_to_pem_pkcs8().unwrap();
        assert!(matches!(SigningKey::from_pem(&pem), Err(KeyError::Algorithm)));
    }
}
