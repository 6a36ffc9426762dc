//! How usher says no over HTTP (RFC 9457).

use api::ProblemCode;
use licensing::UserId;
use serde::Deserialize;

/// A problem, as far as it is shown here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// Why, for programs.
    pub code: String,
    /// Why, for people.
    #[serde(default)]
    pub detail: String,
    /// The users who are the reason.
    #[serde(default)]
    pub users: Vec<UserId>,
}

impl Problem {
    /// Whether what was asked for is on its way.
    pub fn is_being_prepared(&self) -> bool {
        self.code == ProblemCode::BeingPrepared.as_str()
    }

    /// Whether the request could not be read as one, rather than being refused.
    pub const fn is_wrong_usage(&self) -> bool {
        self.status == 400
    }
}
