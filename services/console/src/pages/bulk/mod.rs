//! Giving and taking many seats: who is meant, what would happen, and what did.

mod apply;
mod forms;
mod list;
mod people;
mod review;

pub(crate) use apply::apply;
pub(super) use forms::{FORM, bar, list_form};
pub(crate) use review::review;

use licensing::{LicenseeId, ProductId};
use serde_json::{Value, json};

use people::People;

use crate::{failure::Failure, fields::Fields, interface::Target};

/// What is to be done with the seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    /// All or nobody get one (R24).
    Assign,
    /// Whoever can gets one (R24).
    AssignWhoCan,
    /// Those who have one lose it (R25).
    Remove,
}

impl Action {
    fn of(fields: &Fields) -> Result<Self, Failure> {
        match fields.text("action") {
            "assign" => Ok(Self::Assign),
            "assign_who_can" => Ok(Self::AssignWhoCan),
            "remove" => Ok(Self::Remove),
            _ => Err(Failure::malformed("the form does not say what to do: go back and press one of its buttons")),
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Assign => "assign",
            Self::AssignWhoCan => "assign_who_can",
            Self::Remove => "remove",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Assign | Self::AssignWhoCan => "Assign seats",
            Self::Remove => "Remove seats",
        }
    }

    fn target(self, licensee: &LicenseeId, product: &ProductId) -> Target {
        let verb = if self == Self::Remove { "remove" } else { "assign" };
        Target::new(format!("/v1/licensees/{licensee}/products/{product}/seats/{verb}"))
    }

    /// What the interface is told.
    fn body(self, people: &People) -> Value {
        let users = people.users();
        match self {
            Self::Assign => json!({ "users": users, "mode": "all_or_nothing" }),
            Self::AssignWhoCan => json!({ "users": users, "mode": "best_effort" }),
            Self::Remove => json!({ "users": users }),
        }
    }
}
