//! Identifiers. Each kind is a type of its own, so that one can't stand where another belongs.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The longest licensee or user id, in characters.
pub const ID_CHARS_MAX: usize = 128;
/// The longest subscription id, in characters.
pub const SUBSCRIPTION_ID_CHARS_MAX: usize = 255;

/// Why a text is no identifier. It doesn't hold the text, which may be an address that somebody sent by mistake (R30).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {kind} is not valid: use {expected}")]
pub struct InvalidId {
    kind: &'static str,
    expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

macro_rules! party_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        text_id!($(#[$doc])* $name);

        impl $name {
            /// Reads an id: 1 to 128 of `A-Z a-z 0-9 . _ : -`.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if has_id_form(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidId { kind: $kind, expected: "1 to 128 of A-Z a-z 0-9 . _ : -" })
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }
    };
}

macro_rules! catalogue_id {
    ($(#[$doc:meta])* $name:ident) => {
        text_id!($(#[$doc])* $name);

        impl $name {
            /// Takes any text: whether the catalogue knows it is a question of its own, with a code of its own.
            pub fn new(text: &str) -> Self {
                Self(text.into())
            }
        }
    };
}

party_id!(
    /// Who holds licences: a top-level group or an instance.
    LicenseeId,
    "licensee id"
);
party_id!(
    /// A user of the directory.
    UserId,
    "user id"
);
catalogue_id!(
    /// A family of add-ons that exclude one another and share one pool of seats, such as `duo`.
    ProductId
);
catalogue_id!(
    /// A member of a product, such as `duo_pro`.
    AddOnId
);
catalogue_id!(
    /// A base plan, such as `ultimate`.
    PlanId
);
catalogue_id!(
    /// What an add-on lets its holder use, such as `code_suggestions`.
    FeatureId
);
impl UserId {
    /// An id that was read from an id.
    pub(crate) fn known(text: &str) -> Self {
        Self(text.into())
    }
}

text_id!(
    /// Billing's own name of a subscription.
    SubscriptionId
);

impl SubscriptionId {
    /// Reads an id: 1 to 255 characters.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let chars = text.chars().take(SUBSCRIPTION_ID_CHARS_MAX + 1).count();
        if (1..=SUBSCRIPTION_ID_CHARS_MAX).contains(&chars) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId { kind: "subscription id", expected: "1 to 255 characters" })
        }
    }
}

/// Whether a text could be the id of a licensee or user: 1 to 128 of `A-Z a-z 0-9 . _ : -`, so neither an address nor a name
/// of several words.
pub fn has_id_form(text: &str) -> bool {
    (1..=ID_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_id_takes_what_the_contract_names_and_nothing_else() {
        for good in ["a", "Acme", "u-7c2c82", "a.b_c:d-9", &"x".repeat(128)] {
            assert_eq!(LicenseeId::parse(good).map(|id| id.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", " ", "a b", "ü", "a/b", "a\n", &"x".repeat(129)] {
            assert!(UserId::parse(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_subscription_id_is_1_to_255_characters_of_any_kind() {
        assert!(SubscriptionId::parse(&"ü".repeat(255)).is_ok());
        assert!(SubscriptionId::parse("").is_err());
        assert!(SubscriptionId::parse(&"x".repeat(256)).is_err());
    }
}
