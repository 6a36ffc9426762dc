//! States of licensees that were folded before, in memory.

use std::collections::VecDeque;

use licensing::{Licensee, LicenseeId};
use parking_lot::Mutex;

/// How many states are kept at most.
const STATES_MAX: usize = 64;
/// How many members they have together at most; one state alone may have more. Two of a licensee with a million fit, as it is and
/// as it was: else whoever looks at the one and the other would fold its history each time.
const MEMBERS_MAX: usize = 2_000_000;

/// The states that are kept, each of a licensee at a version; the one that was not used for longest goes first.
#[derive(Default)]
pub(crate) struct States(Mutex<VecDeque<(LicenseeId, Licensee)>>);

impl States {
    /// The latest state of a licensee at a version of at most `version_max`.
    pub(crate) fn latest(&self, licensee: &LicenseeId, version_max: u64) -> Option<Licensee> {
        let mut states = self.0.lock();
        let fitting = states
            .iter()
            .enumerate()
            .filter(|(_, (of, state))| of == licensee && state.version() <= version_max)
            .max_by_key(|(_, (_, state))| state.version())
            .map(|(place, _)| place)?;
        let found = states.remove(fitting)?;
        let state = found.1.clone();
        states.push_front(found);
        Some(state)
    }

    /// Keeps a state: of the events up to its version, all of them.
    pub(crate) fn keep(&self, licensee: &LicenseeId, state: &Licensee) {
        let mut states = self.0.lock();
        states.retain(|(of, kept)| of != licensee || kept.version() != state.version());
        states.push_front((licensee.clone(), state.clone()));
        while states.len() > 1 && (states.len() > STATES_MAX || members_of(&states) > MEMBERS_MAX) {
            states.pop_back();
        }
    }
}

fn members_of(states: &VecDeque<(LicenseeId, Licensee)>) -> usize {
    states.iter().map(|(_, state)| state.account().members() as usize).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use licensing::{Event, Instant, Role, UserId, UserStatus, UserType};

    use super::*;

    fn id(text: &str) -> LicenseeId {
        LicenseeId::parse(text).unwrap()
    }

    fn with_members(members: u64) -> Licensee {
        let mut state = Licensee::default();
        for number in 0..members {
            let user = UserId::parse(&format!("u-{number}")).unwrap();
            let (role, user_type, status) = (Role::Developer, UserType::Human, UserStatus::Active);
            state.evolve(&Event::MemberAdded { user, role, user_type, status }, Instant::UNIX_EPOCH);
        }
        state
    }

    #[test]
    fn the_latest_that_is_not_too_late_is_found() {
        let states = States::default();
        for members in [3, 9, 6] {
            states.keep(&id("a"), &with_members(members));
        }
        states.keep(&id("b"), &with_members(7));
        let version = |version_max| states.latest(&id("a"), version_max).map(|state| state.version());
        assert_eq!([2, 3, 8, 100].map(version), [None, Some(3), Some(6), Some(9)]);
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let states = States::default();
        states.keep(&id("used"), &with_members(1));
        states.keep(&id("unused"), &with_members(1));
        states.latest(&id("used"), 1).unwrap();
        for number in 0..STATES_MAX - 1 {
            states.keep(&id(&format!("l-{number}")), &with_members(1));
        }
        assert!(states.latest(&id("used"), 1).is_some());
        assert!(states.latest(&id("unused"), 1).is_none());
    }
}
