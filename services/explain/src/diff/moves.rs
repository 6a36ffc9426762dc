//! One move: what happened to whom, by which event.

use licensing::{
    AddOnId, AssignmentCause, Event, Licensee, OverageEvidence, ProductId, RemovalReason, Role, UserId, UserStatus,
    UserType,
};
use serde::Serialize;

use crate::{change::Change, fact::Cited, rule::Rule};

/// Something that moved, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Move {
    /// The event; of several of one command that belong together, the first.
    #[serde(flatten)]
    pub event: Cited,
    /// The rule behind it; null where the directory alone decides.
    pub rule: Option<Rule>,
    /// What moved.
    #[serde(flatten)]
    pub what: What,
}

/// What moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A seat was given.
    SeatGained {
        /// To whom.
        user: UserId,
        /// Of which product.
        product: ProductId,
        /// The add-on in effect.
        add_on: AddOnId,
        /// Why.
        cause: AssignmentCause,
        /// What it comes to over the whole range.
        net: Net,
    },
    /// A seat was taken away.
    SeatLost {
        /// Whose.
        user: UserId,
        /// Of which product.
        product: ProductId,
        /// Why.
        reason: RemovalReason,
        /// For an overage, the evidence (R22).
        #[serde(flatten)]
        evidence: Option<OverageEvidence>,
        /// What it comes to over the whole range.
        net: Net,
    },
    /// A member joined.
    MemberJoined {
        /// Who.
        user: UserId,
        /// The role.
        role: Role,
        /// The type of account.
        user_type: UserType,
        /// The status in the directory.
        status: UserStatus,
        /// What it comes to over the whole range.
        net: Net,
    },
    /// A membership ended.
    MemberLeft {
        /// Whose.
        user: UserId,
        /// What it comes to over the whole range.
        net: Net,
    },
    /// A member's role, type or status changed.
    MemberChanged {
        /// Whose.
        user: UserId,
        /// What.
        changes: Vec<Change>,
    },
    /// What was sold, or is in effect, changed.
    LicenseeChanged {
        /// What.
        changes: Vec<Change>,
        /// Every event of the command that had a part in it.
        events: Vec<Cited>,
    },
}

/// What the moves of one seat, or of one membership, come to over the whole range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Net {
    /// There at the end, and not at the start.
    Added,
    /// There at the start, and not at the end.
    Removed,
    /// At the end as at the start.
    Unchanged,
}

impl Net {
    const fn between(before: bool, after: bool) -> Self {
        match (before, after) {
            (false, true) => Net::Added,
            (true, false) => Net::Removed,
            _ => Net::Unchanged,
        }
    }
}

impl What {
    /// What an event about a user moved; `None` for those that have to be held against what was so before. What it comes
    /// to is known only at the end.
    pub(super) fn of(event: Event) -> Option<Self> {
        let net = Net::Unchanged;
        match event {
            Event::SeatAssigned { user, product, add_on, cause } => {
                Some(What::SeatGained { user, product, add_on, cause, net })
            }
            Event::SeatRemoved { user, product, reason, evidence } => {
                Some(What::SeatLost { user, product, reason, evidence, net })
            }
            Event::MemberAdded { user, role, user_type, status } => {
                Some(What::MemberJoined { user, role, user_type, status, net })
            }
            Event::MemberRemoved { user } => Some(What::MemberLeft { user, net }),
            _ => None,
        }
    }

    /// Tells what it comes to, now that both ends are known.
    pub(super) fn settle(&mut self, before: &Licensee, after: &Licensee) {
        match self {
            What::SeatGained { user, product, net, .. } | What::SeatLost { user, product, net, .. } => {
                *net = Net::between(before.holds(product, user), after.holds(product, user));
            }
            What::MemberJoined { user, net, .. } | What::MemberLeft { user, net } => {
                let is_member = |state: &Licensee| state.roster().member(user).is_some();
                *net = Net::between(is_member(before), is_member(after));
            }
            What::MemberChanged { .. } | What::LicenseeChanged { .. } => {}
        }
    }
}
