//! What is asked for with webhooks.

use std::time::Duration;

use licensing::LicenseeId;
use notify::webhooks::{From, Registration, SigningSecret};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{optional, parsed};

/// How long the secret before is valid, unless something else is said, seconds.
const OLD_VALID_S: u32 = 24 * 3600;

#[derive(Deserialize, ToSchema)]
pub(crate) struct AddWebhookBody {
    /// Where to post to: an https address, or one of http on this machine.
    #[schema(example = "https://example.com/usher")]
    url: String,
    /// Whose events; everybody's without.
    #[serde(default, deserialize_with = "optional")]
    #[schema(value_type = Option<String>)]
    licensee: Option<LicenseeId>,
    /// Short names of the types of events, such as SeatAssigned; all without.
    #[serde(default)]
    types: Vec<String>,
    /// What to sign with: whsec_ and 24 to 64 random bytes in Base64; one is made without.
    #[serde(default, deserialize_with = "optional")]
    #[schema(value_type = Option<String>)]
    secret: Option<SigningSecret>,
    /// The position of the first event to be posted, or beginning; what happens from now on without.
    #[serde(default, deserialize_with = "optional")]
    #[schema(value_type = Option<String>, example = "beginning")]
    from: Option<From>,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct RotateBody {
    /// What to sign with: whsec_ and 24 to 64 random bytes in Base64; one is made without.
    #[serde(default, deserialize_with = "optional")]
    #[schema(value_type = Option<String>)]
    secret: Option<SigningSecret>,
    /// For how many seconds is signed with the secret before, too.
    #[serde(default = "usual_validity")]
    #[schema(default = 86_400)]
    old_valid_s: u32,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct ReplayBody {
    /// The position of the first event to be posted, or beginning.
    #[serde(deserialize_with = "parsed")]
    #[schema(value_type = String, example = "7-1234")]
    pub(super) from: From,
}

const fn usual_validity() -> u32 {
    OLD_VALID_S
}

impl AddWebhookBody {
    pub(super) fn registration(self, id: Uuid) -> Registration {
        let Self { url, licensee, types, secret, from } = self;
        Registration { id, url, licensee, types, secret, from }
    }
}

impl RotateBody {
    /// The secret that is given, and how long the one before is valid.
    pub(super) fn terms(self) -> (Option<SigningSecret>, Duration) {
        (self.secret, Duration::from_secs(self.old_valid_s.into()))
    }
}
