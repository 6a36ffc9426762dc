//! What is known of a licensee and of a user.

use std::collections::BTreeSet;

use journal::{Position, Snapshot};
use licensing::{Instant, Licensee, LicenseeId, UserStatus};
use sha2::{Digest, Sha256};

use crate::AuditError;

/// A licensee that exists.
pub(crate) struct KnownLicensee {
    pub(crate) state: Licensee,
    /// Where its last event lies.
    pub(crate) last: Position,
}

impl KnownLicensee {
    pub(crate) fn new(last: Position) -> Self {
        Self { state: Licensee::default(), last }
    }
}

/// A user who was named.
pub(crate) struct KnownUser {
    pub(crate) status: UserStatus,
    pub(crate) last_use: Option<Instant>,
    /// Every licensee of whom the user was ever a member or had a seat.
    pub(crate) licensees: BTreeSet<LicenseeId>,
}

impl Default for KnownUser {
    fn default() -> Self {
        Self { status: UserStatus::Active, last_use: None, licensees: BTreeSet::new() }
    }
}

/// Stands for a snapshot, in a few bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SnapshotMark {
    pub(crate) version: u64,
    digest: [u8; 32],
}

impl SnapshotMark {
    /// `None` for a snapshot that this program would pass over: of another encoding.
    pub(crate) fn of(snapshot: &Snapshot) -> Option<Self> {
        let state: Licensee = postcard::from_bytes(&snapshot.bytes).ok()?;
        let is_meant = state.version() == snapshot.version;
        is_meant.then(|| Self { version: snapshot.version, digest: Sha256::digest(&snapshot.bytes).into() })
    }

    /// Whether it is of this state.
    pub(crate) fn is_of(&self, state: &Licensee) -> Result<bool, AuditError> {
        let bytes = postcard::to_stdvec(state)
            .map_err(|source| AuditError::Form { what: "a licensee", source: source.into() })?;
        Ok(self.digest == <[u8; 32]>::from(Sha256::digest(bytes)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_told_from_another_state_and_passed_over_where_the_engine_would() {
        let state = Licensee::default();
        let bytes = postcard::to_stdvec(&state).unwrap();
        let snapshot = Snapshot { version: 0, state_version: 1, bytes: bytes.clone() };
        assert!(SnapshotMark::of(&snapshot).unwrap().is_of(&state).unwrap());
        let of_another_version = Snapshot { version: 7, ..snapshot.clone() };
        assert_eq!(SnapshotMark::of(&of_another_version), None);
        let unreadable = Snapshot { bytes: vec![0xff; 3], ..snapshot };
        assert_eq!(SnapshotMark::of(&unreadable), None);
    }
}
