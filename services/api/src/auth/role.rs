//! What a caller may do.

use std::{collections::BTreeSet, str::FromStr};

use licensing::LicenseeId;
use parking_lot::Mutex;

/// How many unknown roles are told of in the log.
const UNKNOWN_TOLD_MAX: usize = 64;
/// How much of an unknown role's name is told, in characters.
const UNKNOWN_CHARS_MAX: usize = 64;

/// What a caller may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    /// `owner:{licensee}`: seats and reads of that licensee, a group on gitlab.com.
    Owner(LicenseeId),
    /// `admin:{licensee}`: seats, reads and synchronisations of that licensee, an instance.
    Admin(LicenseeId),
    /// `billing`: messages of `usher.billing.v1`.
    Billing,
    /// `directory`: messages of `usher.directory.v1`.
    Directory,
    /// `usage`: messages of `usher.usage.v1`.
    Usage,
    /// `auditor`: every read.
    Auditor,
    /// `operator`: everything.
    Operator,
}

/// A text that is no [`Role`].
#[derive(Debug, thiserror::Error)]
#[error("the role is unknown")]
pub(crate) struct UnknownRole;

/// The names that nobody here knows; each is told once. An issuer that is newer than usher may have more roles.
#[derive(Default)]
pub(super) struct UnknownRoles(Mutex<BTreeSet<String>>);

impl Role {
    /// How the types of the messages begin that the role may send.
    pub(crate) const fn sends(&self) -> Option<&'static str> {
        match self {
            Role::Billing => Some("usher.billing.v1."),
            Role::Directory => Some("usher.directory.v1."),
            Role::Usage => Some("usher.usage.v1."),
            Role::Owner(_) | Role::Admin(_) | Role::Auditor | Role::Operator => None,
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let licensee = |id: &str| LicenseeId::parse(id).map_err(|_| UnknownRole);
        match (text, text.split_once(':')) {
            (_, Some(("owner", id))) => licensee(id).map(Role::Owner),
            (_, Some(("admin", id))) => licensee(id).map(Role::Admin),
            ("billing", _) => Ok(Role::Billing),
            ("directory", _) => Ok(Role::Directory),
            ("usage", _) => Ok(Role::Usage),
            ("auditor", _) => Ok(Role::Auditor),
            ("operator", _) => Ok(Role::Operator),
            _ => Err(UnknownRole),
        }
    }
}

impl UnknownRoles {
    /// The roles among these names. What is no role grants nothing.
    pub(super) fn sift(&self, names: &[String]) -> Vec<Role> {
        let read = |name: &String| name.parse().inspect_err(|_| self.tell(name)).ok();
        names.iter().filter_map(read).collect()
    }

    fn tell(&self, name: &str) {
        let name: String = name.chars().take(UNKNOWN_CHARS_MAX).collect();
        let mut told = self.0.lock();
        if told.len() < UNKNOWN_TOLD_MAX && told.insert(name.clone()) {
            tracing::warn!(role = ?name, "a role of some token is unknown here and grants nothing");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_the_contract_spells_them() {
        let acme = || LicenseeId::parse("acme:eu").unwrap();
        for (text, role) in [
            ("owner:acme:eu", Role::Owner(acme())),
            ("admin:acme:eu", Role::Admin(acme())),
            ("billing", Role::Billing),
            ("directory", Role::Directory),
            ("usage", Role::Usage),
            ("auditor", Role::Auditor),
            ("operator", Role::Operator),
        ] {
            assert_eq!(text.parse::<Role>().unwrap(), role);
        }
    }

    #[test]
    fn what_is_no_role_grants_nothing() {
        let names = ["", "owner", "owner:", "owner:a b", "owner:*", "Operator", "operator ", "operator:x", "root"];
        assert_eq!(UnknownRoles::default().sift(&names.map(str::to_owned)), []);
    }

    #[test]
    fn unknown_roles_are_remembered_up_to_a_bound() {
        let unknown = UnknownRoles::default();
        let names: Vec<String> = (0..1_000).map(|number| format!("{number}{}", "x".repeat(1_000))).collect();
        unknown.sift(&names);
        let told = unknown.0.lock();
        assert_eq!(told.len(), UNKNOWN_TOLD_MAX);
        assert!(told.iter().all(|name| name.chars().count() == UNKNOWN_CHARS_MAX));
    }
}
