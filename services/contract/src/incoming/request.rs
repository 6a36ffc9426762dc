//! What messages ask for, in the words of the domain.

use std::fmt;

use serde::{Deserialize, Serialize};

use licensing::{Command, Instant, LicenseeId, UserId, UserStatus};

/// What a message asks for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Something for one licensee.
    Licensee {
        /// Which.
        licensee: LicenseeId,
        /// What.
        command: Command,
        /// What the message tells besides, for the erasable table.
        details: Option<Details>,
    },
    /// A new status of a user, for all licensees (R29).
    UserStatus {
        /// Whose.
        user: UserId,
        /// The status from then on.
        status: UserStatus,
        /// Free text, erasable (R30).
        reason: Option<String>,
    },
    /// A use of Code Suggestions, as R22 counts it.
    Usage {
        /// Whose.
        user: UserId,
        /// When; may lie in the future.
        used_at: Instant,
    },
}

/// What no event may hold (R30): names and e-mail addresses.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Details {
    /// Of a licensee.
    Licensee {
        /// The name for people.
        name: String,
        /// The contact's e-mail address.
        contact_email: Option<String>,
    },
    /// Of a user.
    Person {
        /// Who.
        user: UserId,
        /// The user name.
        username: String,
        /// The name for people.
        name: String,
        /// The e-mail address.
        email: String,
    },
}

// By hand, so that what is erasable never gets into a log (R30).
impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Details::Licensee { .. } => f.debug_struct("Licensee").finish_non_exhaustive(),
            Details::Person { user, .. } => f.debug_struct("Person").field("user", user).finish_non_exhaustive(),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Licensee { licensee, command, details } => f
                .debug_struct("Licensee")
                .field("licensee", licensee)
                .field("command", command)
                .field("details", details)
                .finish(),
            Request::UserStatus { user, status, .. } => {
                f.debug_struct("UserStatus").field("user", user).field("status", status).finish_non_exhaustive()
            }
            Request::Usage { user, used_at } => {
                f.debug_struct("Usage").field("user", user).field("used_at", used_at).finish()
            }
        }
    }
}
