//! What access checks need, in memory: who is whose member, which seats they hold, and what each licensee has.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use licensing::{
    Account, Catalogue, FeatureId, Instant, LicenseeId, ProductId, UserId, UserStatus,
    access::{self, Access},
};

use crate::changes::{Changes, MemberChange, SeatKey};

/// A user's standing for access, and every licensee's account.
///
/// Licensees are numbered and sets of products shared, so that a membership takes 24 bytes.
#[derive(Default)]
pub(crate) struct Memory {
    licensees: Vec<(LicenseeId, Account)>,
    /// The place of each licensee in `licensees`.
    places: HashMap<LicenseeId, u32>,
    /// Who is a member somewhere, or has another status than active. Anybody else is only known, which the tables tell: else
    /// whoever ever left would be here for ever. A status is kept without a membership, as the user may join with it.
    users: HashMap<UserId, KnownUser>,
    /// Every set of products of which somebody holds seats with one licensee: a handful.
    seat_sets: HashSet<Arc<[ProductId]>>,
}

struct KnownUser {
    status: UserStatus,
    /// In order of the licensees' ids.
    memberships: Vec<Membership>,
}

impl Default for KnownUser {
    fn default() -> Self {
        Self { status: UserStatus::Active, memberships: Vec::new() }
    }
}

impl KnownUser {
    /// Whether it says no more than if it were not there.
    fn is_forgettable(&self) -> bool {
        self.memberships.is_empty() && self.status == UserStatus::Active
    }
}

struct Membership {
    /// The place in `Memory::licensees`.
    licensee: u32,
    /// The products of which the user holds a seat, in order.
    seats: Arc<[ProductId]>,
}

impl Memory {
    /// Takes in what commits change.
    pub(crate) fn apply(&mut self, changes: Changes) {
        for (licensee, touched) in changes.licensees {
            self.put_account(licensee, touched.account);
        }
        for (user, status) in changes.users {
            if let Some(status) = status {
                self.put_user(user, status);
            }
        }
        for ((licensee, user), change) in changes.members {
            match change {
                MemberChange::Put(_) => self.join(user, &licensee),
                MemberChange::Update { .. } => {}
                MemberChange::Remove => self.leave(&user, &licensee),
            }
        }
        // Last: a seat is a member's.
        for (SeatKey { licensee, user, product }, seat) in changes.seats {
            match seat {
                Some(_) => self.seat(&user, &licensee, product),
                None => self.unseat(&user, &licensee, &product),
            }
        }
    }

    /// What a licensee has; `None` if it does not exist.
    pub(crate) fn account(&self, licensee: &LicenseeId) -> Option<&Account> {
        let place = *self.places.get(licensee)?;
        self.licensees.get(place as usize).map(|(_, account)| account)
    }

    /// What every licensee has.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (&LicenseeId, &Account)> {
        self.licensees.iter().map(|(licensee, account)| (licensee, account))
    }

    /// Whether a user may use a feature (R31, R32); `None` for one who is active and a member of nobody, or not known.
    pub(crate) fn access(
        &self,
        user: &UserId,
        feature: &FeatureId,
        at: Instant,
        catalogue: &Catalogue,
    ) -> Option<Access> {
        let user = self.users.get(user)?;
        let memberships: Vec<access::Membership<'_>> =
            user.memberships.iter().filter_map(|membership| self.in_full(membership)).collect();
        Some(access::check(user.status, &memberships, feature, at, catalogue))
    }

    fn in_full<'a>(&'a self, membership: &'a Membership) -> Option<access::Membership<'a>> {
        let (licensee, account) = self.licensees.get(membership.licensee as usize)?;
        Some(access::Membership { licensee, account, seats: &membership.seats })
    }

    /// Sets what a licensee has.
    pub(crate) fn put_account(&mut self, licensee: LicenseeId, account: Account) {
        if let Some(slot) = self.places.get(&licensee).and_then(|place| self.licensees.get_mut(*place as usize)) {
            slot.1 = account;
            return;
        }
        // Four billion licensees do not fit into any memory before they are too many for a place.
        let Ok(place) = u32::try_from(self.licensees.len()) else { return };
        self.places.insert(licensee.clone(), place);
        self.licensees.push((licensee, account));
    }

    /// Sets a user's status.
    pub(crate) fn put_user(&mut self, user: UserId, status: UserStatus) {
        match self.users.entry(user) {
            Entry::Occupied(mut entry) => {
                entry.get_mut().status = status;
                if entry.get().is_forgettable() {
                    entry.remove();
                }
            }
            Entry::Vacant(entry) if status != UserStatus::Active => {
                entry.insert(KnownUser { status, memberships: Vec::new() });
            }
            Entry::Vacant(_) => {}
        }
    }

    /// Notes a membership; the licensee has to be there.
    pub(crate) fn join(&mut self, user: UserId, licensee: &LicenseeId) {
        let Some(place) = self.places.get(licensee).copied() else { return };
        let seats = self.seat_set(&[]);
        let licensees = &self.licensees;
        let id_of = |membership: &Membership| licensees.get(membership.licensee as usize).map(|(id, _)| id);
        let memberships = &mut self.users.entry(user).or_default().memberships;
        // In order of the licensees' ids, so that an answer is the same whenever the memberships came about.
        let Err(slot) = memberships.binary_search_by(|membership| id_of(membership).cmp(&Some(licensee))) else {
            return;
        };
        // Most users have one membership: no room for more is kept.
        memberships.reserve_exact(1);
        memberships.insert(slot, Membership { licensee: place, seats });
    }

    fn leave(&mut self, user: &UserId, licensee: &LicenseeId) {
        let Some(licensee) = self.places.get(licensee) else { return };
        let Some(known) = self.users.get_mut(user) else { return };
        known.memberships.retain(|membership| membership.licensee != *licensee);
        known.memberships.shrink_to_fit();
        if known.is_forgettable() {
            self.users.remove(user);
        }
    }

    /// Notes a seat of a member; whoever is no member has none.
    pub(crate) fn seat(&mut self, user: &UserId, licensee: &LicenseeId, product: ProductId) {
        self.change_seats(user, licensee, |seats| {
            if let Err(place) = seats.binary_search(&product) {
                seats.insert(place, product);
            }
        });
    }

    fn unseat(&mut self, user: &UserId, licensee: &LicenseeId, product: &ProductId) {
        self.change_seats(user, licensee, |seats| seats.retain(|held| held != product));
    }

    /// Changes the seats of a member; whoever is no member has none.
    fn change_seats(&mut self, user: &UserId, licensee: &LicenseeId, change: impl FnOnce(&mut Vec<ProductId>)) {
        let Some(mut seats) = self.membership(user, licensee).map(|membership| membership.seats.to_vec()) else {
            return;
        };
        change(&mut seats);
        let seats = self.seat_set(&seats);
        if let Some(membership) = self.membership(user, licensee) {
            membership.seats = seats;
        }
    }

    fn membership(&mut self, user: &UserId, licensee: &LicenseeId) -> Option<&mut Membership> {
        let licensee = self.places.get(licensee)?;
        let memberships = &mut self.users.get_mut(user)?.memberships;
        memberships.iter_mut().find(|membership| membership.licensee == *licensee)
    }

    fn seat_set(&mut self, products: &[ProductId]) -> Arc<[ProductId]> {
        if let Some(shared) = self.seat_sets.get(products) {
            return shared.clone();
        }
        let shared: Arc<[ProductId]> = products.into();
        self.seat_sets.insert(shared.clone());
        shared
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use licensing::{Member, Role, UserType};

    use super::*;

    const MEMBER: Member = Member { role: Role::Developer, user_type: UserType::Human, status: UserStatus::Active };

    fn user(number: usize) -> UserId {
        UserId::parse(&format!("u-{number}")).unwrap()
    }

    /// With a licensee that has nothing.
    fn memory() -> (Memory, LicenseeId) {
        let mut memory = Memory::default();
        let licensee = LicenseeId::parse("acme").unwrap();
        memory.put_account(licensee.clone(), Account::default());
        (memory, licensee)
    }

    fn change(memory: &mut Memory, licensee: &LicenseeId, user: UserId, change: MemberChange) {
        let mut changes = Changes::default();
        changes.name_user(user.clone());
        changes.change_member(licensee.clone(), user, change);
        memory.apply(changes);
    }

    fn set(memory: &mut Memory, user: UserId, status: UserStatus) {
        let mut changes = Changes::default();
        changes.users.insert(user, Some(status));
        memory.apply(changes);
    }

    #[test]
    fn whoever_left_is_not_kept_however_many_come_and_go() {
        let (mut memory, licensee) = memory();
        for number in 0..1_000 {
            change(&mut memory, &licensee, user(number), MemberChange::Put(MEMBER));
            if number >= 10 {
                change(&mut memory, &licensee, user(number - 10), MemberChange::Remove);
            }
        }
        assert_eq!(memory.users.len(), 10);
    }

    #[test]
    fn whoever_is_only_named_is_not_kept() {
        let (mut memory, _) = memory();
        let mut changes = Changes::default();
        changes.name_user(user(1));
        memory.apply(changes);
        set(&mut memory, user(2), UserStatus::Active);
        assert_eq!(memory.users.len(), 0);
    }

    #[test]
    fn r29_whoever_is_blocked_without_being_a_member_is_blocked_on_joining() {
        let (mut memory, licensee) = memory();
        set(&mut memory, user(1), UserStatus::Blocked);
        change(&mut memory, &licensee, user(1), MemberChange::Put(MEMBER));
        assert_eq!(memory.users[&user(1)].status, UserStatus::Blocked);
        change(&mut memory, &licensee, user(1), MemberChange::Remove);
        assert_eq!(memory.users[&user(1)].status, UserStatus::Blocked, "and on joining again");
        set(&mut memory, user(1), UserStatus::Active);
        assert_eq!(memory.users.len(), 0);
    }

    #[test]
    fn r28_a_user_who_leaves_one_licensee_stays_with_another() {
        let (mut memory, licensee) = memory();
        let other = LicenseeId::parse("globex").unwrap();
        memory.put_account(other.clone(), Account::default());
        for licensee in [&licensee, &other] {
            change(&mut memory, licensee, user(1), MemberChange::Put(MEMBER));
        }
        change(&mut memory, &licensee, user(1), MemberChange::Remove);
        let memberships = &memory.users[&user(1)].memberships;
        assert_eq!((memberships.len(), memberships.capacity()), (1, 1));
    }
}
