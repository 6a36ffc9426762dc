//! The rule of the domain behind an event.

use std::fmt;

use licensing::{AssignmentCause, Event, GraceOf, RemovalReason, SyncTrigger};
use serde::{Serialize, Serializer};

/// The number of a rule of the domain, written as `R22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule(u8);

impl Rule {
    /// What billing changes for an instance waits for it to synchronise.
    pub const WAITS_FOR_SYNC: Rule = Rule(16);
    /// An instance has to be new enough.
    pub const VERSIONS: Rule = Rule(19);
    /// Seats are kept, without access, for the days of grace.
    pub const GRACE: Rule = Rule(20);
    /// Who may hold a seat.
    pub const ELIGIBILITY: Rule = Rule(21);
    /// How one seat is given.
    pub const ASSIGNMENT: Rule = Rule(23);
    /// Whoever is no longer eligible loses the seat at once.
    pub const INELIGIBLE: Rule = Rule(26);

    /// The rule by which an event came about; `None` for members, who come and go as the directory says.
    pub const fn behind(event: &Event) -> Option<Rule> {
        let number = match event {
            Event::SubscriptionStarted(_) => 1,
            Event::SubscriptionActivated { .. } | Event::SubscriptionExpired { .. } => 2,
            Event::GracePeriodEnded { of: GraceOf::Subscription, .. } => 2,
            Event::RenewalScheduled(_) | Event::SubscriptionRenewed(_) => 3,
            Event::SubscriptionCancelled { .. } => 5,
            Event::SubscriptionSeatsChanged { .. } => 6,
            Event::SeatsPurchased(_) => 8,
            Event::AddOnChanged(_) => 10,
            Event::SeatQuantityChanged { .. } => 11,
            Event::TrialStarted(_) | Event::TrialExpired { .. } => 13,
            Event::TrialConverted { .. } => 15,
            Event::InstanceSynchronized { trigger: SyncTrigger::Instance, .. } => 17,
            Event::InstanceSynchronized { trigger: SyncTrigger::Timer, .. } => 18,
            Event::SeatsRetained { .. } | Event::SeatsRestored { .. } => 20,
            Event::GracePeriodEnded { of: GraceOf::Product, .. } => 20,
            Event::SeatAssigned { cause, .. } => return Some(Self::behind_assignment(*cause)),
            Event::SeatRemoved { reason, .. } => return Some(Self::behind_removal(*reason)),
            Event::MemberStatusChanged { .. } => 29,
            Event::MemberAdded { .. } | Event::MemberUpdated { .. } | Event::MemberRemoved { .. } => return None,
        };
        Some(Rule(number))
    }

    /// The rule by which a seat was given.
    pub const fn behind_assignment(cause: AssignmentCause) -> Rule {
        match cause {
            AssignmentCause::Requested | AssignmentCause::Restored => Rule(23),
            AssignmentCause::TrialStarter => Rule(13),
        }
    }

    /// The rule by which a seat was taken away.
    pub const fn behind_removal(reason: RemovalReason) -> Rule {
        match reason {
            RemovalReason::GraceEnded => Rule(20),
            RemovalReason::Overage => Rule(22),
            RemovalReason::Requested => Rule(25),
            RemovalReason::Blocked
            | RemovalReason::Banned
            | RemovalReason::Deactivated
            | RemovalReason::Deleted
            | RemovalReason::MembershipRemoved
            | RemovalReason::RoleIneligible => Rule(26),
            RemovalReason::Swept => Rule(27),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{}", self.0)
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
