//! The large half of a licensee: its members and who holds which seat. Persistent maps: a working copy costs nothing,
//! however many members there are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::user_map::UserMap;
use crate::{Event, Instant, Offering, ProductId, Role, UserId, UserStatus, UserType};

/// A user of the licensee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The role.
    pub role: Role,
    /// The type of account.
    pub user_type: UserType,
    /// The status in the directory.
    pub status: UserStatus,
}

impl Member {
    /// Whether the member may hold seats of a licensee with this offering (R21).
    pub fn is_eligible(self, offering: Option<Offering>) -> bool {
        self.status == UserStatus::Active && self.may_hold(offering)
    }

    /// Whether role and type allow seats, the status aside (R21).
    pub fn may_hold(self, offering: Option<Offering>) -> bool {
        let role_suffices = offering != Some(Offering::GitlabCom) || self.role > Role::MinimalAccess;
        self.user_type == UserType::Human && role_suffices
    }
}

/// A seat that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The version of the event that gave it: the order of assignment (R22).
    pub order: u64,
    /// When it was given.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub assigned_at: Instant,
}

/// The members of a licensee, and who holds which seat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    members: UserMap<Member>,
    seats: BTreeMap<ProductId, UserMap<Seat>>,
}

impl Roster {
    /// The member of this id.
    pub fn member(&self, user: &UserId) -> Option<Member> {
        self.members.get(user)
    }

    /// Every member, in order of their ids.
    pub fn members(&self) -> impl Iterator<Item = (UserId, Member)> {
        self.members.iter().map(known)
    }

    /// Those whose ids come behind an id, everybody without one, in order of their ids or the other way round. Whoever takes
    /// only some of them does not pay for the others.
    pub fn members_behind<'a>(
        &'a self,
        id: Option<&'a UserId>,
        descending: bool,
    ) -> Box<dyn Iterator<Item = (UserId, Member)> + 'a> {
        match id {
            _ if descending => Box::new(self.members.descending(id).map(known)),
            Some(id) => Box::new(self.members.behind(id).map(known)),
            None => Box::new(self.members()),
        }
    }

    /// The user's seat of a product.
    pub fn seat(&self, product: &ProductId, user: &UserId) -> Option<Seat> {
        self.seats.get(product).and_then(|seats| seats.get(user))
    }

    /// The seats of a product, in order of their holders' ids.
    pub fn seats(&self, product: &ProductId) -> impl Iterator<Item = (UserId, Seat)> {
        self.seats.get(product).into_iter().flat_map(UserMap::iter).map(known)
    }

    /// The products of which the user has a seat.
    pub fn seats_of<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = &'a ProductId> {
        self.seats.iter().filter(move |(_, seats)| seats.get(user).is_some()).map(|(product, _)| product)
    }

    /// Folds an event, the stream's `version`-th, that took effect at `at`.
    pub(super) fn evolve(&mut self, event: &Event, version: u64, at: Instant) {
        match event {
            Event::MemberAdded { user, role, user_type, status } => {
                self.members.insert(user, Member { role: *role, user_type: *user_type, status: *status });
            }
            Event::MemberUpdated { user, role, user_type } => self.members.change(user, |member| {
                member.role = *role;
                member.user_type = *user_type;
            }),
            Event::MemberStatusChanged { user, status } => {
                self.members.change(user, |member| member.status = *status);
            }
            Event::MemberRemoved { user } => self.members.remove(user),
            Event::SeatAssigned { user, product, .. } => {
                let seat = Seat { order: version, assigned_at: at };
                match self.seats.get_mut(product) {
                    Some(seats) => seats.insert(user, seat),
                    None => self.seats.entry(product.clone()).or_default().insert(user, seat),
                }
            }
            Event::SeatRemoved { user, product, .. } => {
                if let Some(seats) = self.seats.get_mut(product) {
                    seats.remove(user);
                }
            }
            _ => {}
        }
    }
}

/// With the id as one of its own.
fn known<V>((id, value): (&str, V)) -> (UserId, V) {
    (UserId::known(id), value)
}
