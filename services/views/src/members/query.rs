//! Which members are wanted, in which order.

use std::{cmp::Ordering, str::FromStr};

use licensing::{LicenseeId, UserStatus};

use super::MemberView;
use crate::cursor::Seal;

/// Which members of a licensee are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MembersQuery {
    /// Only those with a seat, retained ones included, or only those without.
    pub assigned: Option<bool>,
    /// Only those with this status.
    pub status: Option<UserStatus>,
    /// Only those with this in their id, user name, name or e-mail address, letter case aside.
    pub search: Option<String>,
    /// The order.
    pub sort: MemberSort,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
    /// How many at most, 1 to 1,000. Of a search a page may have fewer, or none, and go on all the same.
    pub limit: usize,
    /// How far is looked for one page.
    pub looks: Looks,
}

/// How many members are looked at for one page, of a search or in an order by a value: whoever was found by then is the page,
/// and the next one goes on from there. So the time that a page takes is bounded, however few are found among however many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looks(pub usize);

impl Default for Looks {
    /// As many as can be looked at within some tens of milliseconds.
    fn default() -> Self {
        Self(8_000)
    }
}

/// An order of members. Those without a value come last either way; of one value, in byte order of their ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemberSort {
    /// By what.
    pub key: MemberSortKey,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// By what members are ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemberSortKey {
    /// The id, in byte order.
    #[default]
    User,
    /// The user name, in byte order.
    Username,
    /// The last use.
    LastUsedAt,
    /// When the seat was given.
    AssignedAt,
}

/// A text that is no order of members.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no such sort: use user, username, last_used_at or assigned_at, with - before it for descending")]
pub struct UnknownSort;

impl MemberSortKey {
    /// The key as the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Username => "username",
            Self::LastUsedAt => "last_used_at",
            Self::AssignedAt => "assigned_at",
        }
    }
}

impl MemberSort {
    /// Brings members into the order.
    pub(crate) fn apply(self, members: &mut [MemberView]) {
        members.sort_by(|one, other| {
            let by_value = match self.key {
                MemberSortKey::User => self.compare(Some(&one.user), Some(&other.user)),
                MemberSortKey::Username => self.compare(one.username.as_ref(), other.username.as_ref()),
                MemberSortKey::LastUsedAt => self.compare(one.last_used_at, other.last_used_at),
                MemberSortKey::AssignedAt => self.compare(one.assigned_at, other.assigned_at),
            };
            by_value.then_with(|| one.user.cmp(&other.user))
        });
    }

    /// Compares values; what is none comes last either way.
    fn compare<V: Ord>(self, one: Option<V>, other: Option<V>) -> Ordering {
        match (one, other) {
            (Some(one), Some(other)) if self.descending => other.cmp(&one),
            (Some(one), Some(other)) => one.cmp(&other),
            (one, other) => one.is_none().cmp(&other.is_none()),
        }
    }
}

impl FromStr for MemberSort {
    type Err = UnknownSort;

    fn from_str(text: &str) -> Result<Self, UnknownSort> {
        let (descending, key) = text.strip_prefix('-').map_or((false, text), |key| (true, key));
        let keys = [MemberSortKey::User, MemberSortKey::Username, MemberSortKey::LastUsedAt, MemberSortKey::AssignedAt];
        let key = keys.into_iter().find(|known| known.as_str() == key).ok_or(UnknownSort)?;
        Ok(Self { key, descending })
    }
}

impl MembersQuery {
    /// How many may be looked at for a page.
    pub(super) fn looks_max(&self) -> usize {
        // Filters have an index in the order of ids: whoever is looked at is wanted.
        let finds_by_index = self.sort.key == MemberSortKey::User && self.search.is_none();
        if finds_by_index { usize::MAX } else { self.looks.0.max(1) }
    }

    /// Binds cursors to the query: a cursor goes with the same licensee, filters and order only.
    pub(super) fn seal(&self, licensee: &LicenseeId) -> Seal {
        let assigned = self.assigned.map(|assigned| if assigned { "true" } else { "false" });
        let direction = if self.sort.descending { "descending" } else { "ascending" };
        Seal::of(&[
            Some("members"),
            Some(licensee.as_str()),
            assigned,
            self.status.map(UserStatus::as_str),
            self.search.as_deref(),
            Some(self.sort.key.as_str()),
            Some(direction),
        ])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_sort_is_read_as_the_contract_spells_it() {
        let sort = |key, descending| Ok(MemberSort { key, descending });
        assert_eq!("user".parse(), sort(MemberSortKey::User, false));
        assert_eq!("-user".parse(), sort(MemberSortKey::User, true));
        assert_eq!("username".parse(), sort(MemberSortKey::Username, false));
        assert_eq!("-last_used_at".parse(), sort(MemberSortKey::LastUsedAt, true));
        assert_eq!("assigned_at".parse(), sort(MemberSortKey::AssignedAt, false));
        for bad in ["", "-", "--user", "User", "user ", "role", "+user"] {
            assert_eq!(bad.parse::<MemberSort>(), Err(UnknownSort), "{bad:?}");
        }
    }
}
