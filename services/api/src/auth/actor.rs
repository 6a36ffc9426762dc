//! Under what name things are done (R36).

use std::{fmt, str::FromStr, sync::Arc};

use serde::Deserialize;

/// The longest name, in characters: the longest `source` that a message may have.
const ACTOR_CHARS_MAX: usize = 255;
/// How the names begin under which usher itself acts.
const RESERVED_PREFIX: &str = "usher:";

/// The name under which a caller acts: 1 to 255 characters, none of them a control character, not beginning with `usher:`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Actor(Arc<str>);

/// A text that is no [`Actor`].
#[derive(Debug, thiserror::Error)]
#[error("the actor is not valid: use 1 to {ACTOR_CHARS_MAX} characters that do not begin with {RESERVED_PREFIX}")]
pub(crate) struct InvalidActor;

impl Actor {
    /// Whoever calls where nobody has to say who they are.
    pub(crate) fn anonymous() -> Self {
        Self("anonymous".into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Actor {
    type Err = InvalidActor;

    fn from_str(text: &str) -> Result<Self, InvalidActor> {
        let has_length = (1..=ACTOR_CHARS_MAX).contains(&text.chars().count());
        let is_taken = text.starts_with(RESERVED_PREFIX) || text.contains(char::is_control);
        if has_length && !is_taken { Ok(Self(text.into())) } else { Err(InvalidActor) }
    }
}

impl TryFrom<String> for Actor {
    type Error = InvalidActor;

    fn try_from(text: String) -> Result<Self, InvalidActor> {
        text.parse()
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r36_nobody_acts_under_a_name_of_ushers_own() {
        for good in ["billing-service", "süß", &"x".repeat(255)] {
            assert!(good.parse::<Actor>().is_ok(), "{good}");
        }
        for bad in ["", "usher:timer", "a\nb", &"x".repeat(256)] {
            assert!(bad.parse::<Actor>().is_err(), "{bad:?} was taken");
        }
    }
}
