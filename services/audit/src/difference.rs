//! Where something is not what it should be.

use std::fmt;

use journal::Position;
use serde::Serialize;

/// The most of a value that is shown, characters.
const SHOWN_CHARS_MAX: usize = 400;

/// Something that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// In what.
    pub part: Part,
    /// Where in it.
    #[serde(flatten)]
    pub place: Place,
    /// What about it, such as `version` or `products.duo.assigned`.
    pub field: String,
    /// What is there.
    pub found: String,
    /// What should be.
    pub expected: String,
}

/// A part of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The truth.
    Journal,
    /// What finds events, outcomes and snapshots.
    Index,
    /// The read models.
    Views,
    /// A seal, or what it was to vouch for.
    Seal,
    /// A signed bundle.
    Bundle,
}

/// A place in a part of a store, as far as it can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line of a file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The shard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<u16>,
    /// The number of the commit in the shard, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<u64>,
    /// The position of the record in the shard, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// The stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The version of the stream's event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The licensee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licensee: Option<String>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The id of the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl Difference {
    /// A difference; long values are cut.
    pub(crate) fn new(
        part: Part,
        place: Place,
        field: impl Into<String>,
        found: impl fmt::Display,
        expected: impl fmt::Display,
    ) -> Self {
        Self { part, place, field: field.into(), found: shown(found), expected: shown(expected) }
    }
}

impl Place {
    pub(crate) fn of_commit(shard: u16, number: u64) -> Self {
        Self { shard: Some(shard), commit: Some(number), ..Self::default() }
    }

    pub(crate) fn of_shard(shard: u16) -> Self {
        Self { shard: Some(shard), ..Self::default() }
    }

    pub(crate) fn of_line(line: u64) -> Self {
        Self { line: Some(line), ..Self::default() }
    }

    pub(crate) fn of_stream(stream: &str) -> Self {
        Self { stream: Some(stream.to_owned()), ..Self::default() }
    }

    pub(crate) fn of_licensee(licensee: &str) -> Self {
        Self { licensee: Some(licensee.to_owned()), ..Self::default() }
    }

    pub(crate) fn of_user(user: &str) -> Self {
        Self { user: Some(user.to_owned()), ..Self::default() }
    }

    pub(crate) fn at(self, position: Position) -> Self {
        Self { shard: Some(position.shard), position: Some(position.position), ..self }
    }

    pub(crate) fn in_stream(self, stream: &str, version: u64) -> Self {
        Self { stream: Some(stream.to_owned()), version: Some(version), ..self }
    }

    pub(crate) fn and_user(self, user: &str) -> Self {
        Self { user: Some(user.to_owned()), ..self }
    }

    pub(crate) fn and_command(self, command_id: &str) -> Self {
        Self { command: Some(command_id.to_owned()), ..self }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Journal => "journal",
            Self::Index => "index",
            Self::Views => "views",
            Self::Seal => "seal",
            Self::Bundle => "bundle",
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = [
            ("line", self.line),
            ("shard", self.shard.map(u64::from)),
            ("commit", self.commit),
            ("position", self.position),
            ("version", self.version),
        ];
        let names =
            [("stream", &self.stream), ("licensee", &self.licensee), ("user", &self.user), ("command", &self.command)];
        for (name, number) in numbers.into_iter().filter_map(|(name, number)| Some((name, number?))) {
            write!(f, ", {name} {number}")?;
        }
        for (name, text) in names.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?))) {
            write!(f, ", {name} {text}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, place, field, found, expected } = self;
        write!(f, "{part}{place}: {field} is {found}, expected {expected}")
    }
}

fn shown(value: impl fmt::Display) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => text.get(..end).map(|start| format!("{start}…")).unwrap_or(text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_in_one_line_that_names_the_place() {
        let place = Place::of_commit(3, 7).at(Position { shard: 3, position: 40 }).in_stream("licensee/acme", 12);
        let difference = Difference::new(Part::Journal, place, "hash", "ab", "cd");
        let told = "journal, shard 3, commit 7, position 40, version 12, stream licensee/acme: hash is ab, expected cd";
        assert_eq!(difference.to_string(), told);
    }

    #[test]
    fn a_long_value_is_cut() {
        let long = "ü".repeat(SHOWN_CHARS_MAX + 1);
        let difference = Difference::new(Part::Views, Place::default(), "users", long, "");
        assert_eq!(difference.found.chars().count(), SHOWN_CHARS_MAX + 1);
    }
}
