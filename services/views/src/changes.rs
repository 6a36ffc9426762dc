//! What a number of commits change, row by row, whatever keeps the rows.

use std::collections::BTreeMap;

use journal::Position;
use licensing::{
    Account, Instant, LicenseeId, Member, ProductId, RemovalReason, Role, Timer, UserId, UserStatus, UserType,
};

use crate::facts::RefusedCommand;

/// What commits change. Of several changes of one row only what remains in the end; everything in order of its keys, so
/// that whoever writes at the same time locks rows in the same order.
#[derive(Default)]
pub(crate) struct Changes {
    /// Every licensee that was touched.
    pub(crate) licensees: BTreeMap<LicenseeId, Touched>,
    pub(crate) members: BTreeMap<(LicenseeId, UserId), MemberChange>,
    /// Every seat that was given or taken away; `None` for one that is not held any more.
    pub(crate) seats: BTreeMap<SeatKey, Option<Seat>>,
    /// Every user who was named, with the status if that was set; whoever is new and has none is active.
    pub(crate) users: BTreeMap<UserId, Option<UserStatus>>,
    /// The last use by each user, as far as these commits know.
    pub(crate) uses: BTreeMap<UserId, Instant>,
    /// What was refused, in the order of the records.
    pub(crate) refusals: Vec<(Position, RefusedCommand)>,
    /// What is to be added to the numbers over everything, by shard.
    pub(crate) differences: BTreeMap<u16, Difference>,
}

/// A licensee as it is after the commits.
pub(crate) struct Touched {
    pub(crate) account: Account,
    /// Where its last event lies.
    pub(crate) position: Position,
    /// What is armed, if that changed.
    pub(crate) timers: Option<Vec<Timer>>,
}

/// What becomes of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemberChange {
    /// There is one.
    Put(Member),
    /// If there is one, some of it is different now.
    Update { standing: Option<Standing>, status: Option<UserStatus> },
    /// There is none.
    Remove,
}

/// What a member is to the licensee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) role: Role,
    pub(crate) user_type: UserType,
}

/// Whose seat of which product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SeatKey {
    pub(crate) licensee: LicenseeId,
    pub(crate) user: UserId,
    pub(crate) product: ProductId,
}

/// A seat that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) assigned_at: Instant,
    /// The version of the licensee's event that gave it: the order of assignment (R22).
    pub(crate) assigned_version: u64,
}

/// What is to be added to the numbers over everything.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) licensees: i64,
    pub(crate) members: i64,
    pub(crate) seats: i64,
    pub(crate) events: i64,
    pub(crate) refusals: i64,
    pub(crate) removals: BTreeMap<RemovalReason, u64>,
    /// Refusals by their codes.
    pub(crate) refused: BTreeMap<String, u64>,
}

impl MemberChange {
    /// Both changes, `self` first.
    pub(crate) fn then(self, later: Self) -> Self {
        let Self::Update { standing, status } = later else { return later };
        match self {
            Self::Put(member) => {
                let Standing { role, user_type } = standing.unwrap_or(Standing::of(&member));
                Self::Put(Member { role, user_type, status: status.unwrap_or(member.status) })
            }
            Self::Update { standing: earlier_standing, status: earlier_status } => {
                Self::Update { standing: standing.or(earlier_standing), status: status.or(earlier_status) }
            }
            Self::Remove => Self::Remove,
        }
    }
}

impl Standing {
    fn of(member: &Member) -> Self {
        Self { role: member.role, user_type: member.user_type }
    }
}

impl Changes {
    /// Notes a change of a membership after those before it.
    pub(crate) fn change_member(&mut self, licensee: LicenseeId, user: UserId, change: MemberChange) {
        let slot = self.members.entry((licensee, user));
        slot.and_modify(|earlier| *earlier = earlier.then(change)).or_insert(change);
    }

    /// Notes that a user was named.
    pub(crate) fn name_user(&mut self, user: UserId) {
        self.users.entry(user).or_default();
    }

    /// Notes a use; only the last one counts.
    pub(crate) fn use_at(&mut self, user: UserId, at: Instant) {
        let last = self.uses.entry(user).or_insert(at);
        *last = at.max(*last);
    }

    /// What is to be added to the numbers of a shard.
    pub(crate) fn difference(&mut self, shard: u16) -> &mut Difference {
        self.differences.entry(shard).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: Member = Member { role: Role::Developer, user_type: UserType::Human, status: UserStatus::Active };
    const BLOCK: MemberChange = MemberChange::Update { standing: None, status: Some(UserStatus::Blocked) };
    const PROMOTE: MemberChange = MemberChange::Update {
        standing: Some(Standing { role: Role::Owner, user_type: UserType::Human }),
        status: None,
    };

    #[test]
    fn several_changes_of_a_member_are_one() {
        let blocked = Member { status: UserStatus::Blocked, ..MEMBER };
        let both = MemberChange::Update {
            standing: Some(Standing { role: Role::Owner, user_type: UserType::Human }),
            status: Some(UserStatus::Blocked),
        };
        assert_eq!(MemberChange::Put(MEMBER).then(BLOCK), MemberChange::Put(blocked));
        assert_eq!(MemberChange::Put(MEMBER).then(PROMOTE), MemberChange::Put(Member { role: Role::Owner, ..MEMBER }));
        assert_eq!(BLOCK.then(PROMOTE), both);
        assert_eq!(PROMOTE.then(BLOCK), both);
        assert_eq!(BLOCK.then(MemberChange::Remove), MemberChange::Remove);
        assert_eq!(MemberChange::Remove.then(BLOCK), MemberChange::Remove);
        assert_eq!(MemberChange::Remove.then(MemberChange::Put(MEMBER)), MemberChange::Put(MEMBER));
    }
}
