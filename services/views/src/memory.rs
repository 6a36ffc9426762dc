//! What access checks need, in memory: who is whose member, which seats they hold, and what each licensee has.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use licensing::{
    Account, Catalogue, FeatureId, Instant, LicenseeId, ProductId, UserId, UserStatus,
    access::{self, Access},
};
use rusqlite::Connection;

use crate::{licensees, members, seats, users};

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

/// What a number of records change.
#[derive(Default)]
pub(crate) struct Changes {
    /// Every account that was touched, as it is now.
    pub(crate) accounts: Vec<(LicenseeId, Account)>,
    /// In the order of the records.
    pub(crate) users: Vec<UserChange>,
}

/// What a record changes about a user.
pub(crate) enum UserChange {
    /// The user was named.
    Named(UserId),
    /// The user has this status from now on.
    Status(UserId, UserStatus),
    /// The user is a member from now on.
    Joined(UserId, LicenseeId),
    /// The user is no member any more.
    Left(UserId, LicenseeId),
    /// The user holds a seat from now on.
    Seated(UserId, LicenseeId, ProductId),
    /// The user no longer holds a seat.
    Unseated(UserId, LicenseeId, ProductId),
}

impl Memory {
    /// What the tables hold.
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut memory = Self::default();
        licensees::for_each(connection, |licensee, account| memory.put_account(licensee, account))?;
        users::for_each(connection, |user, status| memory.user(user).status = status)?;
        members::for_each(connection, |licensee, user| memory.join(user, &licensee))?;
        seats::for_each(connection, |licensee, user, product| memory.seat(&user, &licensee, product))?;
        Ok(memory)
    }

    /// Takes in what a number of records change.
    pub(crate) fn apply(&mut self, changes: Changes) {
        for (licensee, account) in changes.accounts {
            self.put_account(licensee, account);
        }
        for change in changes.users {
            match change {
                UserChange::Named(user) => drop(self.user(user)),
                UserChange::Status(user, status) => self.user(user).status = status,
                UserChange::Joined(user, licensee) => self.join(user, &licensee),
                UserChange::Left(user, licensee) => self.leave(&user, &licensee),
                UserChange::Seated(user, licensee, product) => self.seat(&user, &licensee, product),
                UserChange::Unseated(user, licensee, product) => self.unseat(&user, &licensee, &product),
            }
        }
    }

    /// What a licensee has; `None` if it does not exist.
    pub(crate) fn account(&self, licensee: &LicenseeId) -> Option<&Account> {
        let place = *self.places.get(licensee)?;
        self.licensees.get(place as usize).map(|(_, account)| account)
    }

    /// What every licensee has.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (&LicenseeId, &Account)> + Clone {
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

    fn put_account(&mut self, licensee: LicenseeId, account: Account) {
        if let Some(slot) = self.places.get(&licensee).and_then(|place| self.licensees.get_mut(*place as usize)) {
            slot.1 = account;
            return;
        }
        // Four billion licensees do not fit into any memory before they are too many for a place.
        let Ok(place) = u32::try_from(self.licensees.len()) else { return };
        self.places.insert(licensee.clone(), place);
        self.licensees.push((licensee, account));
    }

    fn user(&mut self, user: UserId) -> &mut KnownUser {
        self.users.entry(user).or_default()
    }

    fn join(&mut self, user: UserId, licensee: &LicenseeId) {
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

    fn seat(&mut self, user: &UserId, licensee: &LicenseeId, product: ProductId) {
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
