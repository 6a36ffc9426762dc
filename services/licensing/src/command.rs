//! What a licensee can be asked to do. Quantities are signed as on the wire, names of the catalogue are unchecked:
//! judging them is the domain's task, each with a code of its own.

use serde::{Deserialize, Serialize};

use crate::{
    AddOnId, AssignMode, Channel, EmailAddress, InstanceVersion, Instant, Offering, PlanId, ProductId, Role,
    SubscriptionId, UserId, UserStatus, UserType,
};

/// An add-on and how many seats of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddOnOrder {
    /// The add-on.
    pub add_on: AddOnId,
    /// How many seats, as the wire said.
    pub quantity: i64,
}

/// Some of a stream's events, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRange {
    /// The version of the first.
    pub first: u64,
    /// The version of the last, which is no earlier.
    pub last: u64,
}

/// A new subscription (R1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartSubscription {
    /// How the licensee gets GitLab.
    pub offering: Offering,
    /// Billing's name of the subscription.
    pub subscription: SubscriptionId,
    /// The base plan.
    pub plan: PlanId,
    /// Base seats.
    pub seats: i64,
    /// First instant of the term.
    pub starts_at: Instant,
    /// First instant after the term.
    pub ends_at: Instant,
    /// The instance's version, if billing knows it.
    pub instance_version: Option<InstanceVersion>,
    /// Add-ons; absent means none (R4).
    pub add_ons: Option<Vec<AddOnOrder>>,
}

/// A renewal (R3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewSubscription {
    /// The subscription's name from then on.
    pub subscription: SubscriptionId,
    /// The new end of the term.
    pub ends_at: Instant,
    /// When it applies; absent or past: at once.
    pub starts_at: Option<Instant>,
    /// The new plan; absent: unchanged.
    pub plan: Option<PlanId>,
    /// The new base seats; absent: unchanged.
    pub seats: Option<i64>,
    /// The new add-ons; absent: unchanged, empty: none (R4).
    pub add_ons: Option<Vec<AddOnOrder>>,
}

/// What a licensee can be asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// A new subscription (R1).
    StartSubscription(StartSubscription),
    /// A renewal (R3).
    RenewSubscription(RenewSubscription),
    /// Sets the base seats (R6).
    ChangeSubscriptionSeats {
        /// The new number.
        seats: i64,
    },
    /// Ends the term early (R5).
    CancelSubscription {
        /// The new end; absent: now.
        effective_at: Option<Instant>,
    },
    /// Buys seats of an add-on (R7 to R10, R12).
    PurchaseSeats {
        /// The add-on.
        add_on: AddOnId,
        /// How many more, or of another add-on, how many in all.
        quantity: i64,
        /// Who sold it.
        channel: Channel,
    },
    /// Sets the total of the held add-on; 0 withdraws it (R11).
    ChangeSeatQuantity {
        /// The held add-on.
        add_on: AddOnId,
        /// The new total.
        quantity: i64,
    },
    /// Starts a trial (R13).
    StartTrial {
        /// The add-on to try.
        add_on: AddOnId,
        /// Must be the subscription's contact, for an instance.
        contact_email: Option<EmailAddress>,
        /// Gets the first seat.
        started_by: Option<UserId>,
    },
    /// Adds a member, or changes one.
    AddMember {
        /// Who.
        user: UserId,
        /// The role.
        role: Role,
        /// The type of account.
        user_type: UserType,
        /// Whether name, user name or e-mail address, which no event holds (R30), are new.
        details_changed: bool,
    },
    /// Ends a membership.
    RemoveMember {
        /// Whose.
        user: UserId,
    },
    /// Takes note of a member's new status in the directory (R26).
    ChangeMemberStatus {
        /// Whose.
        user: UserId,
        /// The new status.
        status: UserStatus,
    },
    /// Gives one user a seat (R23).
    AssignSeat {
        /// Of which product.
        product: ProductId,
        /// To whom.
        user: UserId,
    },
    /// Gives many users seats (R24).
    AssignSeats {
        /// Of which product.
        product: ProductId,
        /// To whom, as sent.
        users: Vec<UserId>,
        /// What to do about those who can't get one.
        mode: AssignMode,
    },
    /// Takes one user's seat (R25).
    RemoveSeat {
        /// Of which product.
        product: ProductId,
        /// Whose.
        user: UserId,
    },
    /// Takes many users' seats (R25).
    RemoveSeats {
        /// Of which product.
        product: ProductId,
        /// Whose, as sent.
        users: Vec<UserId>,
    },
    /// The instance fetches what was recorded (R17).
    SynchronizeInstance {
        /// The version it runs.
        version: InstanceVersion,
    },
    /// Takes back what an earlier command did to seats.
    UndoCommand {
        /// The command's id, as the history shows it.
        command_id: String,
        /// Where its events lie in the licensee's stream; `None` if no event there bears its id.
        events: Option<VersionRange>,
    },
    /// Looks for seats that shouldn't be (R27).
    Sweep,
}

impl Command {
    /// Whether billing sent it, so that an instance has to synchronise before it takes effect (R16).
    pub const fn is_billing(&self) -> bool {
        matches!(
            self,
            Command::StartSubscription(_)
                | Command::RenewSubscription(_)
                | Command::ChangeSubscriptionSeats { .. }
                | Command::CancelSubscription { .. }
                | Command::PurchaseSeats { .. }
                | Command::ChangeSeatQuantity { .. }
                | Command::StartTrial { .. }
        )
    }
}
