//! Places in the journal, and how far a reader has to be to see a change.

use std::{fmt, str::FromStr};

/// The most shards that one text may name.
const SHARDS_MAX: usize = u16::MAX as usize + 1;

/// Where everybody is: the text of positions that name no shard, as where nothing has happened yet.
const BEGINNING: &str = "0-0";

/// Where a shard ends. All zero before its first commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The shard.
    pub shard: u16,
    /// The number of its last commit; numbers start at 1 and have no gaps.
    pub commit_number: u64,
    /// The position of its last record; positions start at 1 and have no gaps.
    pub position: u64,
}

/// Where a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The shard.
    pub shard: u16,
    /// Its place in the shard, from 1.
    pub position: u64,
}

/// A position in each of some shards: whoever is at or behind all of them has seen what they stand for.
///
/// Shown to the outside as an opaque text, such as `7-1234`, or `3-55.7-1234` for a change in two shards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions {
    /// One a shard, in the order of the shards. They are few, and every read makes and compares some: a map would cost more.
    by_shard: Vec<Position>,
}

/// A text that is no position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the position cannot be read: send one as it was given, unchanged")]
pub struct InvalidPositions;

impl Positions {
    /// Moves forward to a position; one that lies behind changes nothing.
    pub fn advance(&mut self, position: Position) {
        match self.place_of(position.shard) {
            Ok(place) => {
                if let Some(reached) = self.by_shard.get_mut(place) {
                    reached.position = position.position.max(reached.position);
                }
            }
            Err(place) => self.by_shard.insert(place, position),
        }
    }

    /// Moves forward to all of the other's positions.
    pub fn advance_all(&mut self, other: &Positions) {
        other.iter().for_each(|position| self.advance(position));
    }

    /// Whether someone who is at `self` has seen all that `wanted` stands for.
    pub fn cover(&self, wanted: &Positions) -> bool {
        wanted.iter().all(|wanted| self.of(wanted.shard).is_some_and(|reached| reached >= wanted.position))
    }

    /// Whether no shard is named.
    pub fn is_empty(&self) -> bool {
        self.by_shard.is_empty()
    }

    /// The position in a shard, if it is named.
    pub fn of(&self, shard: u16) -> Option<u64> {
        self.place_of(shard).ok().and_then(|place| self.by_shard.get(place)).map(|reached| reached.position)
    }

    /// Each shard's position, in the order of the shards.
    pub fn iter(&self) -> impl Iterator<Item = Position> {
        self.by_shard.iter().copied()
    }

    /// Where a shard's position is, or where it would have to be.
    fn place_of(&self, shard: u16) -> Result<usize, usize> {
        // Most come in the order of the shards.
        match self.by_shard.last() {
            Some(last) if last.shard >= shard => self.by_shard.binary_search_by_key(&shard, |reached| reached.shard),
            Some(_) | None => Err(self.by_shard.len()),
        }
    }
}

impl From<Position> for Positions {
    fn from(position: Position) -> Self {
        Self { by_shard: vec![position] }
    }
}

impl FromIterator<Position> for Positions {
    fn from_iter<I: IntoIterator<Item = Position>>(reached: I) -> Self {
        let mut positions = Self::default();
        reached.into_iter().for_each(|position| positions.advance(position));
        positions
    }
}

impl FromIterator<Head> for Positions {
    fn from_iter<I: IntoIterator<Item = Head>>(heads: I) -> Self {
        heads.into_iter().map(|head| Position { shard: head.shard, position: head.position }).collect()
    }
}

impl fmt::Display for Positions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str(BEGINNING);
        }
        for (place, Position { shard, position }) in self.iter().enumerate() {
            let separator = if place == 0 { "" } else { "." };
            write!(f, "{separator}{shard}-{position}")?;
        }
        Ok(())
    }
}

impl FromStr for Positions {
    type Err = InvalidPositions;

    fn from_str(text: &str) -> Result<Self, InvalidPositions> {
        let mut positions = Self::default();
        if text == BEGINNING {
            return Ok(positions);
        }
        for part in text.split('.').take(SHARDS_MAX) {
            let (shard, position) = part.split_once('-').ok_or(InvalidPositions)?;
            let position = Position { shard: number(shard)?, position: number(position)? };
            if positions.of(position.shard).is_some() {
                return Err(InvalidPositions);
            }
            positions.advance(position);
        }
        Ok(positions)
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
    fn no_shard_at_all_is_written_as_what_can_be_read() {
        assert_eq!(Positions::default().to_string().parse::<Positions>().unwrap(), Positions::default());
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for bad in ["", "7", "7-", "-7", "7-x", "7-+1", "70000-1", "7-1.", "7-1.7-2", "7-99999999999999999999", "ü"] {
            assert!(bad.parse::<Positions>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn each_shard_is_named_once_whatever_the_order() {
        let mut positions: Positions = "7-3.2-9".parse().unwrap();
        for (shard, position) in [(7, 2), (5, 1), (2, 11), (9, 4)] {
            positions.advance(Position { shard, position });
        }
        assert_eq!(positions.to_string(), "2-11.5-1.7-3.9-4");
        assert_eq!((positions.of(5), positions.of(6)), (Some(1), None));
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
