//! How the domain says no (R35).

use serde::{Deserialize, Serialize};

use crate::UserId;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $http:literal;)+) => {
        /// Why a command was refused; the text is stable, outside programs rely on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The code as the wire spells it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)+ }
            }

            /// The HTTP status that answers with this code.
            pub const fn http_status(self) -> u16 {
                match self { $(Code::$variant => $http,)+ }
            }
        }

        impl std::str::FromStr for Code {
            type Err = UnknownCode;

            fn from_str(text: &str) -> Result<Self, UnknownCode> {
                match text {
                    $($text => Ok(Code::$variant),)+
                    _ => Err(UnknownCode(text.chars().take(64).collect())),
                }
            }
        }
    };
}

/// A text that is no refusal code of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("refusal code {0:?} is unknown: it was written by a newer version")]
pub struct UnknownCode(String);

codes! {
    /// Nobody has heard of the licensee.
    UnknownLicensee = "unknown_licensee", 404;
    /// The catalogue has no such product.
    UnknownProduct = "unknown_product", 404;
    /// No event of the licensee bears the command's id.
    UnknownCommand = "unknown_command", 404;
    /// The message does not have the shape of its type.
    MalformedEvent = "malformed_event", 422;
    /// The message's type is none of the contract's.
    UnknownEventType = "unknown_event_type", 422;
    /// The catalogue has no such plan.
    UnknownPlan = "unknown_plan", 422;
    /// The catalogue has no such add-on.
    UnknownAddOn = "unknown_add_on", 422;
    /// Not a possible number of seats.
    InvalidQuantity = "invalid_quantity", 422;
    /// The term is over, or ends before it starts.
    InvalidTerm = "invalid_term", 422;
    /// More than one add-on of a product (R4), or a second trial of it (R13).
    ConflictingAddOns = "conflicting_add_ons", 422;
    /// The plan does not allow the add-on (R7, R13).
    PlanNotEligible = "plan_not_eligible", 422;
    /// Sold by sales only (R12).
    SalesOnly = "sales_only", 422;
    /// More add-on seats than the subscription has (R9).
    QuantityExceedsSubscriptionSeats = "quantity_exceeds_subscription_seats", 422;
    /// Not the contact of the subscription (R13).
    ContactEmailMismatch = "contact_email_mismatch", 422;
    /// A bulk command without users (R24).
    EmptyUserList = "empty_user_list", 422;
    /// A bulk command with more users than the catalogue's `max_users` (R24).
    TooManyUsers = "too_many_users", 422;
    /// The command's id was used with another content (R34).
    IdempotencyKeyReused = "idempotency_key_reused", 422;
    /// A subscription is active or scheduled already (R1).
    SubscriptionAlreadyActive = "subscription_already_active", 409;
    /// The licensee has another offering (R1), or one that doesn't synchronise (R17).
    OfferingMismatch = "offering_mismatch", 409;
    /// There is no subscription in the status that the command needs.
    SubscriptionNotActive = "subscription_not_active", 409;
    /// Not the add-on that is paid for (R11).
    AddOnNotHeld = "add_on_not_held", 409;
    /// The add-on was held or tried before (R13).
    TrialAlreadyUsed = "trial_already_used", 409;
    /// The instance is too old, or its version unknown (R19).
    InstanceVersionTooOld = "instance_version_too_old", 409;
    /// The product has no effective add-on (R23).
    PurchaseNotActive = "purchase_not_active", 409;
    /// Every seat is taken (R23).
    NoSeatsAvailable = "no_seats_available", 409;
    /// Not an eligible member (R21, R23).
    InvalidUserMembership = "invalid_user_membership", 409;
    /// Some of the users are not eligible members (R24).
    InvalidUserIdPresent = "invalid_user_id_present", 409;
    /// Fewer seats free than wanted (R24).
    NotEnoughSeats = "not_enough_seats", 409;
    /// None of the users has a seat (R25).
    NoAssignmentsFound = "no_assignments_found", 409;
    /// The command moved no seats.
    NothingToUndo = "nothing_to_undo", 409;
    /// The user whose seat was to be restored has one.
    AlreadyAssigned = "already_assigned", 409;
    /// The seat that was to be taken back is gone already.
    WithoutSeat = "without_seat", 409;
    /// The seat that was to be taken back is another one by now, given by a later command.
    AssignedSince = "assigned_since", 409;
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A command that was refused: it changed nothing (R35).
///
/// Its texts never hold names, e-mail addresses or free-text reasons (R30): it is kept for auditors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// Why, for programs.
    pub code: Code,
    /// What was refused and why, for people.
    pub detail: String,
    /// How many seats are free, where that is the reason.
    pub available: Option<u32>,
    /// How many seats were wanted, where that is the reason.
    pub requested: Option<u32>,
    /// The users who are the reason.
    pub users: Vec<UserId>,
}

impl Refusal {
    /// A refusal without further facts.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), available: None, requested: None, users: Vec::new() }
    }

    /// Adds how many seats are free and wanted.
    pub fn with_seats(mut self, available: u32, requested: u32) -> Self {
        self.available = Some(available);
        self.requested = Some(requested);
        self
    }

    /// Adds the users who are the reason.
    pub fn with_users(mut self, users: Vec<UserId>) -> Self {
        self.users = users;
        self
    }
}
