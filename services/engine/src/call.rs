//! A command that somebody waits for, and the key that it may have.

use licensing::{Command, LicenseeId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The longest `Idempotency-Key`, in characters.
const KEY_CHARS_MAX: usize = 255;

/// A command that somebody waits for, such as an HTTP request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    /// Under what the outcome is kept, if the caller wants that (R34).
    pub key: Option<IdempotencyKey>,
    /// What it is called for auditors, such as `PUT /v1/licensees/{licensee}/products/{product}/seats/{user}`.
    pub type_name: String,
    /// Who asks (R36).
    pub actor: String,
    /// The licensee it is for.
    pub licensee: LicenseeId,
    /// What is asked.
    pub command: Command,
}

/// A key that is taken for a request whose commands have ids of their own, so that nobody uses it for another (R34).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claim {
    /// The key, and what the request says.
    pub key: IdempotencyKey,
    /// What the request is called for auditors.
    pub type_name: String,
    /// Who asks (R36).
    pub actor: String,
}

/// A caller's own name for a command, kept 30 days, and what the command says (R34).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IdempotencyKey {
    key: String,
    digest: [u8; 32],
}

/// A text that can't be an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Idempotency-Key is empty, too long or not plain text: use 1 to 255 visible ASCII characters")]
pub struct InvalidKey;

impl IdempotencyKey {
    /// The key of a command with this content: its method, path, caller and body, say. Another order of the parts, or
    /// another split of the same bytes, is another content.
    ///
    /// # Errors
    /// [`InvalidKey`] unless the key is 1 to 255 visible ASCII characters.
    pub fn new(key: &str, content: &[&[u8]]) -> Result<Self, InvalidKey> {
        let is_plain = key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if key.is_empty() || key.len() > KEY_CHARS_MAX || !is_plain {
            return Err(InvalidKey);
        }
        let mut hasher = Sha256::new();
        for part in content {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        Ok(Self { key: key.to_owned(), digest: hasher.finalize().into() })
    }

    /// The id of the command that it names.
    pub(crate) fn command_id(&self) -> String {
        format!("key:{}", self.key)
    }

    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.digest
    }
}
