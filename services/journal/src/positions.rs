//! How far a reader has to be to see a change.

use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::{Head, Position};

/// The most shards that one text may name.
const SHARDS_MAX: usize = u16::MAX as usize + 1;

/// A position in each of some shards: whoever is at or behind all of them has seen what they stand for.
///
/// Shown to the outside as an opaque text, such as `7-1234`, or `3-55.7-1234` for a change in two shards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions(BTreeMap<u16, u64>);

/// A text that is no position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the position cannot be read: send one as it was given, unchanged")]
pub struct InvalidPositions;

impl Positions {
    /// Moves forward to a position; one that lies behind changes nothing.
    pub fn advance(&mut self, position: Position) {
        let reached = self.0.entry(position.shard).or_default();
        *reached = position.position.max(*reached);
    }

    /// Moves forward to all of the other's positions.
    pub fn advance_all(&mut self, other: &Positions) {
        other.iter().for_each(|position| self.advance(position));
    }

    /// Whether someone who is at `self` has seen all that `wanted` stands for.
    pub fn cover(&self, wanted: &Positions) -> bool {
        wanted.0.iter().all(|(shard, position)| self.0.get(shard).is_some_and(|reached| reached >= position))
    }

    /// Whether no shard is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The position in a shard, if it is named.
    pub fn of(&self, shard: u16) -> Option<u64> {
        self.0.get(&shard).copied()
    }

    /// Each shard's position, in the order of the shards.
    pub fn iter(&self) -> impl Iterator<Item = Position> {
        self.0.iter().map(|(shard, position)| Position { shard: *shard, position: *position })
    }
}

impl From<Position> for Positions {
    fn from(position: Position) -> Self {
        Self(BTreeMap::from([(position.shard, position.position)]))
    }
}

impl FromIterator<Head> for Positions {
    fn from_iter<I: IntoIterator<Item = Head>>(heads: I) -> Self {
        Self(heads.into_iter().map(|head| (head.shard, head.position)).collect())
    }
}

impl fmt::Display for Positions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (shard, position)) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "." };
            write!(f, "{separator}{shard}-{position}")?;
        }
        Ok(())
    }
}

impl FromStr for Positions {
    type Err = InvalidPositions;

    fn from_str(text: &str) -> Result<Self, InvalidPositions> {
        let mut positions = BTreeMap::new();
        for part in text.split('.').take(SHARDS_MAX) {
            let (shard, position) = part.split_once('-').ok_or(InvalidPositions)?;
            let (shard, position) = (number(shard)?, number(position)?);
            if positions.insert(shard, position).is_some() {
                return Err(InvalidPositions);
            }
        }
        Ok(Self(positions))
    }
}

/// A number in digits alone: `parse` would take a sign as well.
fn number<N: FromStr>(text: &str) -> Result<N, InvalidPositions> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| InvalidPositions)
    } else {
        Err(InvalidPositions)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_is_written() {
        for text in ["7-1234", "0-0", "3-55.7-1234"] {
            assert_eq!(text.parse::<Positions>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for bad in ["", "7", "7-", "-7", "7-x", "7-+1", "70000-1", "7-1.", "7-1.7-2", "7-99999999999999999999", "ü"] {
            assert!(bad.parse::<Positions>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn who_is_behind_in_one_shard_does_not_cover() {
        let reached: Positions = "0-5.1-9".parse().unwrap();
        for (wanted, covered) in [("0-5", true), ("0-6", false), ("0-1.1-9", true), ("0-1.1-10", false), ("2-0", false)]
        {
            assert_eq!(reached.cover(&wanted.parse().unwrap()), covered, "{wanted}");
        }
    }
}
