//! What access checks need, in memory: who is whose member, which seats they hold, and what each licensee has.

use std::{
    collections::{HashMap, HashSet},
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
            let known = self.user(user);
            known.status = status.unwrap_or(known.status);
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

    /// Whether a user may use a feature (R31, R32); `None` for a user whom nobody ever named.
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
        self.user(user).status = status;
    }

    fn user(&mut self, user: UserId) -> &mut KnownUser {
        self.users.entry(user).or_default()
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
        if let Some(user) = self.users.get_mut(user) {
            user.memberships.retain(|membership| membership.licensee != *licensee);
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
