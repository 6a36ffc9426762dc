//! The erasable details: names, addresses and free text, which never enter an event (R30).

use std::fmt;

/// A change of the erasable details, written in the same transaction as the commits that it belongs to.
///
/// Its `Debug` shows ids only.
#[derive(Clone, PartialEq, Eq)]
pub enum DetailChange {
    /// Adds or replaces a person.
    PutPerson(Person),
    /// Erases a person and every reason ever given about them (R29).
    ErasePerson {
        /// The user id.
        user: String,
    },
    /// Adds or replaces a licensee's details.
    PutLicensee(LicenseeDetails),
    /// Keeps the reason for a change of a user's status.
    PutReason(StatusReason),
}

/// Who stands behind a user id.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The user id.
    pub user: String,
    /// The name to log in with.
    pub username: String,
    /// The name to be shown.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// Who stands behind a licensee id.
#[derive(Clone, PartialEq, Eq)]
pub struct LicenseeDetails {
    /// The licensee id.
    pub licensee: String,
    /// The name to be shown.
    pub name: String,
    /// The e-mail address of the subscription's contact.
    pub contact_email: Option<String>,
}

/// Why a user's status was changed, in the words of whoever did it.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusReason {
    /// The command that changed the status.
    pub command_id: String,
    /// The user id.
    pub user: String,
    /// Free text.
    pub reason: String,
}

impl fmt::Debug for DetailChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PutPerson(person) => f.debug_tuple("PutPerson").field(person).finish(),
            Self::ErasePerson { user } => f.debug_struct("ErasePerson").field("user", user).finish(),
            Self::PutLicensee(details) => f.debug_tuple("PutLicensee").field(details).finish(),
            Self::PutReason(reason) => f.debug_tuple("PutReason").field(reason).finish(),
        }
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("user", &self.user).finish_non_exhaustive()
    }
}

impl fmt::Debug for LicenseeDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LicenseeDetails").field("licensee", &self.licensee).finish_non_exhaustive()
    }
}

impl fmt::Debug for StatusReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusReason")
            .field("command_id", &self.command_id)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
