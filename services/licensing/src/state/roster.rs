//! The large half of a licensee: its members and who holds which seat. Persistent maps: a working copy costs nothing,
//! however many members there are.

use std::{collections::BTreeMap, ops::Bound};

use imbl::OrdMap;
use serde::{Deserialize, Serialize};

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
    pub assigned_at: Instant,
}

/// The members of a licensee, and who holds which seat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    members: OrdMap<UserId, Member>,
    seats: BTreeMap<ProductId, OrdMap<UserId, Seat>>,
}

impl Roster {
    /// The member of this id.
    pub fn member(&self, user: &UserId) -> Option<Member> {
        self.members.get(user).copied()
    }

    /// Every member, in order of their ids.
    pub fn members(&self) -> impl Iterator<Item = (&UserId, &Member)> {
        self.members.iter()
    }

    /// Those whose ids come behind an id, everybody without one, in order of their ids or the other way round. Whoever takes
    /// only some of them does not pay for the others.
    pub fn members_behind<'a>(
        &'a self,
        id: Option<&UserId>,
        descending: bool,
    ) -> Box<dyn Iterator<Item = (&'a UserId, &'a Member)> + 'a> {
        let place = id.map_or(Bound::Unbounded, |id| Bound::Excluded(id.clone()));
        if descending {
            Box::new(self.members.range((Bound::Unbounded, place)).rev())
        } else {
            Box::new(self.members.range((place, Bound::Unbounded)))
        }
    }

    /// The user's seat of a product.
    pub fn seat(&self, product: &ProductId, user: &UserId) -> Option<Seat> {
        self.seats.get(product).and_then(|seats| seats.get(user)).copied()
    }

    /// The seats of a product, in order of their holders' ids.
    pub fn seats(&self, product: &ProductId) -> impl Iterator<Item = (&UserId, &Seat)> {
        self.seats.get(product).into_iter().flat_map(OrdMap::iter)
    }

    /// The products of which the user has a seat.
    pub fn seats_of<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = &'a ProductId> {
        self.seats.iter().filter(move |(_, seats)| seats.contains_key(user)).map(|(product, _)| product)
    }

    /// Folds an event, the stream's `version`-th, that took effect at `at`.
    pub(super) fn evolve(&mut self, event: &Event, version: u64, at: Instant) {
        match event {
            Event::MemberAdded { user, role, user_type, status } => {
                let member = Member { role: *role, user_type: *user_type, status: *status };
                self.members.insert(user.clone(), member);
            }
            Event::MemberUpdated { user, role, user_type } => {
                if let Some(member) = self.members.get_mut(user) {
                    member.role = *role;
                    member.user_type = *user_type;
                }
            }
            Event::MemberStatusChanged { user, status } => {
                if let Some(member) = self.members.get_mut(user) {
                    member.status = *status;
                }
            }
            Event::MemberRemoved { user } => {
                self.members.remove(user);
            }
            Event::SeatAssigned { user, product, .. } => {
                let holder = self.members.get_key_value(user).map_or_else(|| user.clone(), |(id, _)| id.clone());
                let seat = Seat { order: version, assigned_at: at };
                self.seats.entry(product.clone()).or_default().insert(holder, seat);
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
