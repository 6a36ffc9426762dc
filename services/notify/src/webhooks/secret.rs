//! What events are signed with, as Standard Webhooks has it.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use openssl::{error::ErrorStack, hash::MessageDigest, pkey::PKey, rand::rand_bytes, sign::Signer};

use crate::Secret;

/// How a secret begins.
const PREFIX: &str = "whsec_";
/// How many bytes a secret has that is made here.
const BYTES: usize = 32;
/// And one that is given: 24 to 64, as the standard asks for.
const BYTES_MIN: usize = 24;
const BYTES_MAX: usize = 64;

/// A secret that is shared with who receives the events: `whsec_` and 24 to 64 bytes in Base64. Shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningSecret {
    text: Secret,
}

/// A text that is no such secret. Says nothing of what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret is not valid: use whsec_ and 24 to 64 random bytes in Base64, or leave it away to have one made")]
pub struct InvalidSecret;

impl SigningSecret {
    /// Makes one that nobody can guess.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn generate() -> Result<Self, ErrorStack> {
        let mut bytes = [0; BYTES];
        rand_bytes(&mut bytes)?;
        Ok(Self { text: Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes))) })
    }

    /// The text itself, for whoever has to check signatures, and for what keeps it.
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }

    /// The signature of a message: `v1,` and HMAC-SHA256 of `{id}.{timestamp}.{body}` in Base64.
    ///
    /// # Errors
    /// When OpenSSL refuses.
    pub(super) fn sign(&self, id: &str, timestamp: i64, body: &str) -> Result<String, ErrorStack> {
        let key = PKey::hmac(&bytes_of(self.reveal()).unwrap_or_default())?;
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        signer.update(format!("{id}.{timestamp}.{body}").as_bytes())?;
        Ok(format!("v1,{}", STANDARD.encode(signer.sign_to_vec()?)))
    }
}

impl FromStr for SigningSecret {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let is_long_enough = |bytes: &Vec<u8>| (BYTES_MIN..=BYTES_MAX).contains(&bytes.len());
        bytes_of(text).filter(is_long_enough).ok_or(InvalidSecret)?;
        Ok(Self { text: Secret::new(text) })
    }
}

fn bytes_of(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.strip_prefix(PREFIX)?).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_the_standard_publishes() {
        let secret: SigningSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_is_made_can_be_given_and_no_two_are_alike() {
        let [one, other] = [(); 2].map(|()| SigningSecret::generate().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.reveal().parse(), Ok(one.clone()));
        assert!(!format!("{one:?}").contains(one.reveal()));
    }

    #[test]
    fn a_secret_that_can_be_guessed_or_read_otherwise_is_refused() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for (text, is_taken) in [(of(23), false), (of(24), true), (of(64), true), (of(65), false)] {
            assert_eq!(text.parse::<SigningSecret>().is_ok(), is_taken, "{text}");
        }
        for bad in ["", "whsec_", "hunter2", "whsec_%", &of(32).replace("whsec_", "whsk_")] {
            assert_eq!(bad.parse::<SigningSecret>(), Err(InvalidSecret), "{bad}");
        }
    }
}
