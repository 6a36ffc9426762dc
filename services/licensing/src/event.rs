//! What happened to a licensee. Events are facts: they hold every number and date that follows from them, so that a
//! later catalogue can't change what they mean. They never hold names, addresses or free text (R30).

use serde::{Deserialize, Serialize};

use crate::{
    AddOnId, AssignmentCause, Channel, GraceOf, InstanceVersion, Instant, LedgerScope, Offering, PlanId, ProductId,
    RemovalReason, Role, Seats, SubscriptionId, SyncTrigger, UserId, UserStatus, UserType,
};

/// A paid add-on and its total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidAddOn {
    /// The product.
    pub product: ProductId,
    /// The add-on.
    pub add_on: AddOnId,
    /// Total of seats.
    pub quantity: Seats,
}

/// R1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionStarted {
    /// How the licensee gets GitLab.
    pub offering: Offering,
    /// Billing's name of the subscription.
    pub subscription: SubscriptionId,
    /// The base plan.
    pub plan: PlanId,
    /// Base seats.
    pub seats: Seats,
    /// First instant of the term.
    pub starts_at: Instant,
    /// First instant after the term.
    pub ends_at: Instant,
    /// The instance's version, if billing knows it.
    pub instance_version: Option<InstanceVersion>,
    /// What is paid for.
    pub add_ons: Vec<PaidAddOn>,
}

/// A renewal that waits for its day (R3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalScheduled {
    /// The subscription's name from then on.
    pub subscription: SubscriptionId,
    /// The new plan, if it changes.
    pub plan: Option<PlanId>,
    /// The new base seats, if they change.
    pub seats: Option<Seats>,
    /// When it applies.
    pub starts_at: Instant,
    /// The new end of the term.
    pub ends_at: Instant,
    /// The new add-ons, if they change; empty for none.
    pub add_ons: Option<Vec<PaidAddOn>>,
}

/// A renewal that applies (R3), with the subscription as it is from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionRenewed {
    /// Which ledger it changes.
    pub ledger: LedgerScope,
    /// The subscription's name.
    pub subscription: SubscriptionId,
    /// The base plan.
    pub plan: PlanId,
    /// Base seats.
    pub seats: Seats,
    /// The end of the term.
    pub ends_at: Instant,
    /// Everything that is paid for from then on.
    pub add_ons: Vec<PaidAddOn>,
    /// Whether it had waited for its day.
    pub was_scheduled: bool,
    /// Add-ons that a waiting renewal lost because the plan no longer allows them.
    pub dropped: Vec<AddOnId>,
    /// Add-ons of a waiting renewal whose quantity was lowered to the base seats.
    pub lowered: Vec<AddOnId>,
}

/// Seats of an add-on were bought (R7, R8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatsPurchased {
    /// The product.
    pub product: ProductId,
    /// The add-on.
    pub add_on: AddOnId,
    /// How many were bought.
    pub quantity: Seats,
    /// The total from then on.
    pub total: Seats,
    /// Who sold them.
    pub channel: Channel,
}

/// The paid add-on was changed to another of its product (R10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddOnChanged {
    /// The product.
    pub product: ProductId,
    /// The add-on until then.
    pub from: AddOnId,
    /// The add-on from then on.
    pub add_on: AddOnId,
    /// Its total.
    pub quantity: Seats,
    /// Who sold it.
    pub channel: Channel,
}

/// A trial started (R13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialStarted {
    /// The product.
    pub product: ProductId,
    /// The add-on on trial.
    pub add_on: AddOnId,
    /// How many seats the trial has.
    pub seats: Seats,
    /// The end that is fixed now.
    pub ends_at: Instant,
    /// Who gets the first seat.
    pub started_by: Option<UserId>,
}

/// The evidence for a removal by R22.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverageEvidence {
    /// The place in the order of removal, from 1.
    pub rank: u32,
    /// The last use that was known, none for never.
    pub last_used_at: Option<Instant>,
}

/// What happened to a licensee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// A subscription was sold (R1).
    SubscriptionStarted(SubscriptionStarted),
    /// A scheduled subscription's term began (R2).
    SubscriptionActivated {
        /// Which ledger it changes.
        ledger: LedgerScope,
    },
    /// A renewal was sold for a later day (R3).
    RenewalScheduled(RenewalScheduled),
    /// A renewal applies (R3).
    SubscriptionRenewed(SubscriptionRenewed),
    /// The base seats were set (R6).
    SubscriptionSeatsChanged {
        /// The new number.
        seats: Seats,
    },
    /// The term was cut short (R5).
    SubscriptionCancelled {
        /// The new end.
        ends_at: Instant,
    },
    /// The term ran out (R2).
    SubscriptionExpired {
        /// Which ledger it changes.
        ledger: LedgerScope,
        /// When the subscription's grace ends.
        grace_ends_at: Instant,
    },
    /// A grace period ran out (R2, R20).
    GracePeriodEnded {
        /// Whose.
        of: GraceOf,
        /// The product, for a product's.
        product: Option<ProductId>,
    },
    /// Seats of an add-on were bought (R7, R8).
    SeatsPurchased(SeatsPurchased),
    /// The total of the held add-on was set; 0 withdraws it (R11).
    SeatQuantityChanged {
        /// The product.
        product: ProductId,
        /// The add-on.
        add_on: AddOnId,
        /// The new total.
        quantity: u32,
    },
    /// The paid add-on was changed to another of its product (R10).
    AddOnChanged(AddOnChanged),
    /// A trial started (R13).
    TrialStarted(TrialStarted),
    /// The add-on on trial was bought, which ends the trial (R15).
    TrialConverted {
        /// Which ledger it changes.
        ledger: LedgerScope,
        /// The product.
        product: ProductId,
        /// The add-on.
        add_on: AddOnId,
    },
    /// A trial ran out, or its subscription did (R13).
    TrialExpired {
        /// Which ledger it changes.
        ledger: LedgerScope,
        /// The product.
        product: ProductId,
        /// The add-on.
        add_on: AddOnId,
    },
    /// A seat was given (R23).
    SeatAssigned {
        /// To whom.
        user: UserId,
        /// Of which product.
        product: ProductId,
        /// The effective add-on at that moment.
        add_on: AddOnId,
        /// Why.
        cause: AssignmentCause,
    },
    /// A seat was taken away (R22, R25, R26, R20, R27).
    SeatRemoved {
        /// Whose.
        user: UserId,
        /// Of which product.
        product: ProductId,
        /// Why.
        reason: RemovalReason,
        /// For an overage, the evidence.
        #[serde(flatten)]
        evidence: Option<OverageEvidence>,
    },
    /// The product lost its last add-on: seats are kept without access (R20).
    SeatsRetained {
        /// The product.
        product: ProductId,
        /// The last add-on in effect.
        add_on: AddOnId,
        /// Whether that was a trial.
        trial: bool,
        /// The last quantity in effect.
        quantity: u32,
        /// How many seats are kept.
        seats: u32,
        /// When they go.
        grace_ends_at: Instant,
    },
    /// An add-on came back in time: the seats that were kept work again (R20).
    SeatsRestored {
        /// The product.
        product: ProductId,
        /// The add-on in effect.
        add_on: AddOnId,
        /// How many seats work again.
        seats: u32,
    },
    /// What was recorded took effect (R17, R18).
    InstanceSynchronized {
        /// The version that the instance told.
        version: Option<InstanceVersion>,
        /// What made it synchronise.
        trigger: SyncTrigger,
    },
    /// A member joined.
    MemberAdded {
        /// Who.
        user: UserId,
        /// The role.
        role: Role,
        /// The type of account.
        #[serde(rename = "type")]
        user_type: UserType,
        /// The status in the directory.
        status: UserStatus,
    },
    /// A member's role, type or details changed.
    MemberUpdated {
        /// Who.
        user: UserId,
        /// The role from then on.
        role: Role,
        /// The type from then on.
        #[serde(rename = "type")]
        user_type: UserType,
    },
    /// A membership ended.
    MemberRemoved {
        /// Whose.
        user: UserId,
    },
    /// The directory changed a member's status (R26).
    MemberStatusChanged {
        /// Whose.
        user: UserId,
        /// The status from then on.
        status: UserStatus,
    },
}

impl Event {
    /// The user that it is about; `None` for one about what was sold, which concerns every member.
    pub const fn user(&self) -> Option<&UserId> {
        match self {
            Event::SeatAssigned { user, .. }
            | Event::SeatRemoved { user, .. }
            | Event::MemberAdded { user, .. }
            | Event::MemberUpdated { user, .. }
            | Event::MemberRemoved { user }
            | Event::MemberStatusChanged { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The short name, such as `SeatRemoved`.
    pub const fn name(&self) -> &'static str {
        match self {
            Event::SubscriptionStarted(_) => "SubscriptionStarted",
            Event::SubscriptionActivated { .. } => "SubscriptionActivated",
            Event::RenewalScheduled(_) => "RenewalScheduled",
            Event::SubscriptionRenewed(_) => "SubscriptionRenewed",
            Event::SubscriptionSeatsChanged { .. } => "SubscriptionSeatsChanged",
            Event::SubscriptionCancelled { .. } => "SubscriptionCancelled",
            Event::SubscriptionExpired { .. } => "SubscriptionExpired",
            Event::GracePeriodEnded { .. } => "GracePeriodEnded",
            Event::SeatsPurchased(_) => "SeatsPurchased",
            Event::SeatQuantityChanged { .. } => "SeatQuantityChanged",
            Event::AddOnChanged(_) => "AddOnChanged",
            Event::TrialStarted(_) => "TrialStarted",
            Event::TrialConverted { .. } => "TrialConverted",
            Event::TrialExpired { .. } => "TrialExpired",
            Event::SeatAssigned { .. } => "SeatAssigned",
            Event::SeatRemoved { .. } => "SeatRemoved",
            Event::SeatsRetained { .. } => "SeatsRetained",
            Event::SeatsRestored { .. } => "SeatsRestored",
            Event::InstanceSynchronized { .. } => "InstanceSynchronized",
            Event::MemberAdded { .. } => "MemberAdded",
            Event::MemberUpdated { .. } => "MemberUpdated",
            Event::MemberRemoved { .. } => "MemberRemoved",
            Event::MemberStatusChanged { .. } => "MemberStatusChanged",
        }
    }
}
