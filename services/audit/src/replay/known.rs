//! What is known of a licensee and of a user.

use std::collections::BTreeSet;

use journal::{FirstNamed, KeptUse, Position, Snapshot};
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
    /// The latest use; of one that was noted twice the first note.
    pub(crate) last_use: Option<KeptUse>,
    /// How many uses were the latest when they were noted.
    pub(crate) uses: u64,
    /// By each clock by itself; none for somebody who only has a seat.
    pub(crate) first_named: Option<FirstNamed>,
    /// Every licensee of whom the user was ever a member or had a seat.
    pub(crate) licensees: BTreeSet<LicenseeId>,
}

impl KnownUser {
    /// When the user last used anything.
    pub(crate) fn last_used_at(&self) -> Option<Instant> {
        self.last_use.map(|last_use| last_use.used_at)
    }

    /// Takes note of a use, which counts if it is later than those before it.
    pub(super) fn note(&mut self, kept: KeptUse) {
        if is_latest(&kept, self.last_use.as_ref()) {
            self.last_use = Some(kept);
            self.uses += 1;
        }
    }

    /// Takes note of when the user was named.
    pub(super) fn name(&mut self, effective_at: Instant, recorded_at: Instant) {
        let first = self.first_named.get_or_insert(FirstNamed { effective_at, recorded_at });
        first.effective_at = first.effective_at.min(effective_at);
        first.recorded_at = first.recorded_at.min(recorded_at);
    }
}

/// Whether a use is later than the last one that was noted before it.
pub(crate) fn is_latest(kept: &KeptUse, before: Option<&KeptUse>) -> bool {
    before.is_none_or(|before| before.used_at < kept.used_at)
}

impl Default for KnownUser {
    fn default() -> Self {
        let (status, licensees) = (UserStatus::Active, BTreeSet::new());
        Self { status, last_use: None, uses: 0, first_named: None, licensees }
    }
}

/// What a state is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptAs {
    /// For the writer: the latest.
    Snapshot,
    /// For readers of the past (ADR 13).
    PastState,
}

impl KeptAs {
    /// As it is called in a difference.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::PastState => "state of the past",
        }
    }
}

/// Stands for a state that is kept, in a few bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateMark {
    pub(crate) kept_as: KeptAs,
    pub(crate) version: u64,
    /// None for one whose bytes are not those that were kept.
    digest: Option<[u8; 32]>,
}

impl StateMark {
    /// `None` for a state that this program would pass over: of another encoding.
    pub(crate) fn of(kept_as: KeptAs, snapshot: &Snapshot) -> Option<Self> {
        if snapshot.state_version != Licensee::FORMAT {
            return None;
        }
        let state: Licensee = postcard::from_bytes(&snapshot.bytes).ok()?;
        let is_meant = state.version() == snapshot.version;
        let digest = Some(Sha256::digest(&snapshot.bytes).into());
        is_meant.then_some(Self { kept_as, version: snapshot.version, digest })
    }

    /// Of a state that is damaged.
    pub(crate) const fn damaged(kept_as: KeptAs, version: u64) -> Self {
        Self { kept_as, version, digest: None }
    }

    /// What is to be told of it where it is not of the state that it should be.
    pub(crate) const fn found(&self) -> &'static str {
        if self.digest.is_some() { "another state" } else { "damaged" }
    }

    /// Whether it is of this state.
    pub(crate) fn is_of(&self, state: &Licensee) -> Result<bool, AuditError> {
        let bytes = postcard::to_stdvec(state)
            .map_err(|source| AuditError::Form { what: "a licensee", source: source.into() })?;
        Ok(self.digest == Some(Sha256::digest(bytes).into()))
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
        let snapshot = Snapshot { version: 0, state_version: Licensee::FORMAT, bytes: bytes.clone() };
        assert!(StateMark::of(KeptAs::Snapshot, &snapshot).unwrap().is_of(&state).unwrap());
        let of_another_version = Snapshot { version: 7, ..snapshot.clone() };
        assert_eq!(StateMark::of(KeptAs::Snapshot, &of_another_version), None);
        let in_another_format = Snapshot { state_version: Licensee::FORMAT - 1, ..snapshot.clone() };
        assert_eq!(StateMark::of(KeptAs::Snapshot, &in_another_format), None);
        let unreadable = Snapshot { bytes: vec![0xff; 3], ..snapshot };
        assert_eq!(StateMark::of(KeptAs::Snapshot, &unreadable), None);
    }
}
