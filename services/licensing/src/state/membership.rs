//! One user of a licensee, without the others.

use super::Member;
use crate::{Event, Instant, ProductId};

/// How one user stands with a licensee, folded from those of its events that are about the user alone: what the
/// [`Roster`](super::Roster) has of everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    member: Option<Member>,
    /// The products of which the user has a seat, in order, with when it was given.
    seats: Vec<(ProductId, Instant)>,
}

impl Membership {
    /// The user as a member; `None` for somebody who is none.
    pub const fn member(&self) -> Option<Member> {
        self.member
    }

    /// The products of which the user has a seat, in order, with when it was given.
    pub fn seats(&self) -> &[(ProductId, Instant)] {
        &self.seats
    }

    /// When the user got a seat; of several the first.
    pub fn assigned_at(&self) -> Option<Instant> {
        self.seats.iter().map(|(_, assigned_at)| *assigned_at).min()
    }

    /// Folds an event about the user that took effect at `at`; others change nothing.
    pub fn evolve(&mut self, event: &Event, at: Instant) {
        match event {
            Event::MemberAdded { role, user_type, status, .. } => {
                self.member = Some(Member { role: *role, user_type: *user_type, status: *status });
            }
            Event::MemberUpdated { role, user_type, .. } => {
                if let Some(member) = &mut self.member {
                    (member.role, member.user_type) = (*role, *user_type);
                }
            }
            Event::MemberStatusChanged { status, .. } => {
                if let Some(member) = &mut self.member {
                    member.status = *status;
                }
            }
            Event::MemberRemoved { .. } => self.member = None,
            Event::SeatAssigned { product, .. } => {
                self.seats.retain(|(held, _)| held != product);
                let place = self.seats.partition_point(|(held, _)| held < product);
                self.seats.insert(place, (product.clone(), at));
            }
            Event::SeatRemoved { product, .. } => self.seats.retain(|(held, _)| held != product),
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{AddOnId, AssignmentCause, Licensee, RemovalReason, Role, UserId, UserStatus, UserType};

    /// One of what can happen to a user, by a number.
    fn event(user: &UserId, number: u64) -> Event {
        let user = user.clone();
        let product = ProductId::new(if number.is_multiple_of(2) { "duo" } else { "other" });
        let add_on = AddOnId::new("duo_pro");
        let role = if number.is_multiple_of(3) { Role::Guest } else { Role::Owner };
        let status = if number.is_multiple_of(5) { UserStatus::Active } else { UserStatus::Blocked };
        match number % 7 {
            0 => Event::MemberAdded { user, role, user_type: UserType::Human, status },
            1 => Event::MemberUpdated { user, role, user_type: UserType::Bot },
            2 => Event::MemberStatusChanged { user, status },
            3 => Event::MemberRemoved { user },
            4 | 5 => Event::SeatAssigned { user, product, add_on, cause: AssignmentCause::Requested },
            _ => Event::SeatRemoved { user, product, reason: RemovalReason::Requested, evidence: None },
        }
    }

    #[test]
    fn each_user_stands_as_the_roster_says_whatever_happens_to_others() {
        let users = ["ann", "bob"].map(|id| UserId::parse(id).unwrap());
        let mut licensee = Licensee::default();
        let mut memberships = [Membership::default(), Membership::default()];
        let mut number: u64 = 7;
        for second in 0..2_000 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = Instant::from_timestamp(second, 0).unwrap();
            let whose = usize::from(number >> 63 == 0);
            let event = event(&users[whose], number >> 33);
            licensee.evolve(&event, at);
            memberships[whose].evolve(&event, at);
            for (user, membership) in users.iter().zip(&memberships) {
                let roster = licensee.roster();
                let seats: Vec<(ProductId, Instant)> = roster
                    .seats_of(user)
                    .map(|product| (product.clone(), roster.seat(product, user).unwrap().assigned_at))
                    .collect();
                assert_eq!((membership.member(), membership.seats()), (roster.member(user), seats.as_slice()));
            }
        }
    }
}
