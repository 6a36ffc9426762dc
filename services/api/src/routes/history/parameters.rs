//! Which part of the history is asked for.

use std::{fmt, str::FromStr};

use contract::event::TYPE_NAMES;
use journal::HistoryFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::extract::{Limit, Time, optional, parsed};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Where the page before ended.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// The most items of the page.
    #[serde(default, deserialize_with = "parsed")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
    /// Only events that took effect at or after this time.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Only events that took effect before this time.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// Only events of these types: short names with commas between them.
    #[serde(default, rename = "type", deserialize_with = "optional")]
    #[param(value_type = Option<String>, example = "SeatAssigned,SeatRemoved")]
    types: Option<Types>,
    /// Which end comes first.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "newest_first")]
    order: Order,
}

/// Which end of a history comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    #[default]
    OldestFirst,
    NewestFirst,
}

/// The version of the last event of a page; opaque to the outside. The first page has the empty text.
pub(super) struct Cursor(pub(super) u64);

/// Full names of event types.
pub(super) struct Types(Vec<String>);

/// A text that is no cursor of a history.
#[derive(Debug, thiserror::Error)]
#[error("the cursor cannot be read: send next_cursor as it was given, unchanged")]
pub(super) struct InvalidCursor;

/// A text that is no list of event types.
#[derive(Debug, thiserror::Error)]
#[error("the type {0:?} is unknown: use short names such as SeatRemoved, with commas between them")]
pub(super) struct UnknownType(String);

impl From<Parameters> for HistoryFilter {
    fn from(parameters: Parameters) -> Self {
        Self {
            after_version: parameters.cursor.map_or(0, |Cursor(version)| version),
            newest_first: parameters.order == Order::NewestFirst,
            limit: parameters.limit.get(),
            from: parameters.from.map(Time::instant),
            to: parameters.to.map(Time::instant),
            types: parameters.types.map(|Types(names)| names).unwrap_or_default(),
            ..Self::default()
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}", self.0)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        if text.is_empty() {
            return Ok(Self(0));
        }
        let digits = text.strip_prefix('e').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        // Versions are kept as signed numbers.
        let version = digits.and_then(|digits| digits.parse().ok()).filter(|version| i64::try_from(*version).is_ok());
        version.map(Self).ok_or(InvalidCursor)
    }
}

impl FromStr for Types {
    type Err = UnknownType;

    fn from_str(text: &str) -> Result<Self, UnknownType> {
        text.split(',').map(|name| full_name(name.trim())).collect::<Result<_, _>>().map(Self)
    }
}

fn full_name(short: &str) -> Result<String, UnknownType> {
    let is_it = |full: &&&str| full.rsplit('.').next() == Some(short);
    let full = TYPE_NAMES.iter().find(is_it).ok_or_else(|| UnknownType(short.chars().take(64).collect()))?;
    Ok((*full).to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_given() {
        assert_eq!(Cursor(57).to_string().parse::<Cursor>().unwrap().0, 57);
        for bad in ["57", "e", "e-1", "e+1", "e1 ", "e99999999999999999999", "e18446744073709551615"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn types_are_short_names_with_commas() {
        let Types(names) = "SeatAssigned, SeatRemoved".parse().unwrap();
        assert_eq!(names, ["usher.licensing.v1.SeatAssigned", "usher.licensing.v1.SeatRemoved"]);
        for bad in ["", "SeatRemoved,", "seatremoved", "usher.licensing.v1.SeatRemoved", "Removed"] {
            assert!(bad.parse::<Types>().is_err(), "{bad:?} was taken");
        }
    }
}
