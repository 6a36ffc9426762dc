//! Where in the journal a webhook begins, or goes back to.

use std::{collections::BTreeSet, str::FromStr};

use journal::{Head, Journal, Position, Positions};
use licensing::LicenseeId;

use crate::NotifyError;

/// With which event to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// With the first there ever was.
    Beginning,
    /// With those at these positions, in the shards that they are of.
    Positions(Positions),
}

/// Why a place is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFrom {
    /// It can't be read.
    #[error("from is no position: use one as an event bears it, such as 7-1234, or beginning")]
    Form,
    /// Nothing of it is posted.
    #[error("from is a position that this webhook never comes by: use that of an event which is posted to it")]
    NotFollowed,
    /// Nothing is there yet.
    #[error("nothing is at that position yet: use that of an event")]
    Ahead,
}

impl FromStr for From {
    type Err = InvalidFrom;

    fn from_str(text: &str) -> Result<Self, InvalidFrom> {
        if text == "beginning" {
            return Ok(Self::Beginning);
        }
        text.parse().map(Self::Positions).map_err(|_| InvalidFrom::Form)
    }
}

/// The ends of the shards that the events of a licensee, or of everybody, are in.
pub(super) fn ends(journal: &dyn Journal, licensee: Option<&LicenseeId>) -> Result<Vec<Head>, NotifyError> {
    let shard = licensee.map(|licensee| journal::shard_of(licensee.as_str(), journal.shard_count()));
    let heads = journal.heads()?;
    Ok(heads.into_iter().filter(|head| shard.is_none_or(|shard| head.shard == shard)).collect())
}

/// The places right before what is asked for, of shards that end here.
pub(super) fn places(
    journal: &dyn Journal,
    from: &From,
    ends: &[Head],
) -> Result<Result<Vec<Head>, InvalidFrom>, NotifyError> {
    let positions = match from {
        From::Beginning => {
            return Ok(Ok(ends.iter().map(|end| Head { commit_number: 0, position: 0, ..*end }).collect()));
        }
        From::Positions(positions) => positions,
    };
    let followed: BTreeSet<u16> = ends.iter().map(|end| end.shard).collect();
    if positions.iter().any(|position| !followed.contains(&position.shard)) {
        return Ok(Err(InvalidFrom::NotFollowed));
    }
    let mut places = Vec::new();
    for end in ends {
        let Some(position) = positions.of(end.shard) else { continue };
        if position > end.position {
            return Ok(Err(InvalidFrom::Ahead));
        }
        places.push(place_before(journal, Position { shard: end.shard, position }, *end)?);
    }
    Ok(Ok(places))
}

/// The place right before a position: the last commit that ends before it, and the position before it.
fn place_before(journal: &dyn Journal, wanted: Position, end: Head) -> Result<Head, NotifyError> {
    let (mut before, mut not_before) = (0, end.commit_number);
    while before < not_before {
        let middle = before.midpoint(not_before);
        let ends_before = journal
            .read(wanted.shard, middle, 1)?
            .first()
            .is_some_and(|commit| commit.head().position < wanted.position);
        if ends_before {
            before = middle + 1;
        } else {
            not_before = middle;
        }
    }
    Ok(Head { shard: wanted.shard, commit_number: before, position: wanted.position.saturating_sub(1) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_from_its_text() {
        assert_eq!("beginning".parse::<From>().unwrap(), From::Beginning);
        assert_eq!("7-1234".parse::<From>().unwrap(), From::Positions("7-1234".parse().unwrap()));
        for bad in ["", "end", "1234", "Beginning"] {
            assert!(bad.parse::<From>().is_err(), "{bad:?} was taken");
        }
    }
}
