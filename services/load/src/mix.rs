//! What is asked, and how often.

use std::{fmt, str::FromStr};

use fastrand::Rng;
use serde::{Serialize, Serializer};

/// Something that callers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Asks whether a user may use a feature.
    CheckAccess,
    /// Shows a licensee.
    ShowLicensee,
    /// Shows a page of members.
    ListMembers,
    /// Shows a user with their seats.
    ShowUser,
    /// Shows a page of a licensee's history.
    ShowHistory,
    /// Tells of a use.
    Use,
    /// Gives one seat.
    AssignOne,
    /// Takes one back.
    RemoveOne,
    /// Gives fifty at one go.
    AssignMany,
    /// Takes fifty back.
    RemoveMany,
    /// Adds a member, or tells of one anew.
    AddMember,
    /// Blocks a user.
    Block,
    /// Makes a user active again.
    Reactivate,
    /// Buys or gives back some seats.
    ChangeQuantity,
}

/// All kinds, with their names and how often each comes in a thousand requests of the usual mix.
///
/// The changes stand to each other as in the sample history, single and bulk assignments apart, which it has few of; how
/// many reads come with them is our assumption: most callers ask for access.
const KINDS: &[(Kind, &str, u32)] = &[
    (Kind::CheckAccess, "check_access", 560),
    (Kind::ShowLicensee, "show_licensee", 90),
    (Kind::ListMembers, "list_members", 60),
    (Kind::ShowUser, "show_user", 30),
    (Kind::ShowHistory, "show_history", 20),
    (Kind::Use, "use", 140),
    (Kind::AssignOne, "assign_one", 30),
    (Kind::RemoveOne, "remove_one", 25),
    (Kind::AssignMany, "assign_many", 2),
    (Kind::RemoveMany, "remove_many", 2),
    (Kind::AddMember, "add_member", 20),
    (Kind::Block, "block", 9),
    (Kind::Reactivate, "reactivate", 9),
    (Kind::ChangeQuantity, "change_quantity", 3),
];

impl Kind {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|(kind, ..)| *kind)
    }

    /// Its name, such as `check_access`.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, name, _)| name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// How often each kind comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix {
    weights: Vec<(Kind, u32)>,
    total: u32,
}

/// A text that is no mix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write it as KIND=WEIGHT,…, with weights from 0 to 1000000, one of them above 0, and of these kinds: {kinds}")]
pub struct InvalidMix {
    kinds: String,
}

impl Default for Mix {
    fn default() -> Self {
        Self::of(KINDS.iter().map(|(kind, _, weight)| (*kind, *weight)).collect())
    }
}

impl Mix {
    /// The greatest weight.
    const WEIGHT_MAX: u32 = 1_000_000;

    fn of(weights: Vec<(Kind, u32)>) -> Self {
        let total = weights.iter().map(|(_, weight)| weight).sum();
        Self { weights, total }
    }

    /// One kind, by chance.
    pub(crate) fn any(&self, dice: &mut Rng) -> Kind {
        let mut place = dice.u32(0..self.total.max(1));
        for (kind, weight) in &self.weights {
            match place.checked_sub(*weight) {
                Some(rest) => place = rest,
                None => return *kind,
            }
        }
        Kind::CheckAccess
    }
}

impl FromStr for Mix {
    type Err = InvalidMix;

    fn from_str(text: &str) -> Result<Self, InvalidMix> {
        let invalid = || InvalidMix { kinds: Kind::all().map(Kind::name).collect::<Vec<_>>().join(", ") };
        let mut weights: Vec<(Kind, u32)> = Vec::new();
        for part in text.split(',') {
            let (name, weight) = part.trim().split_once('=').ok_or_else(invalid)?;
            let kind = Kind::all().find(|kind| kind.name() == name).ok_or_else(invalid)?;
            let weight = weight.parse().ok().filter(|weight| *weight <= Self::WEIGHT_MAX).ok_or_else(invalid)?;
            if weights.iter().any(|(named, _)| *named == kind) {
                return Err(invalid());
            }
            weights.push((kind, weight));
        }
        let mix = Self::of(weights);
        if mix.total > 0 { Ok(mix) } else { Err(invalid()) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_the_usual_weights_make_a_thousand() {
        let mut names: Vec<_> = Kind::all().map(Kind::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KINDS.len());
        assert_eq!(Mix::default().total, 1_000);
    }

    #[test]
    fn kinds_come_as_often_as_their_weights_say() {
        let mix: Mix = "use=1, block=3".parse().unwrap();
        let mut dice = Rng::with_seed(7);
        let drawn: Vec<Kind> = (0..4_000).map(|_| mix.any(&mut dice)).collect();
        let blocks = drawn.iter().filter(|kind| **kind == Kind::Block).count();
        assert!((2_800..3_200).contains(&blocks), "{blocks} of 4000");
        assert!(drawn.iter().all(|kind| matches!(kind, Kind::Use | Kind::Block)));
    }

    #[test]
    fn what_is_no_mix_is_refused_with_the_kinds_there_are() {
        for bad in ["", "use", "use=-1", "use=0", "sleep=1", "use=1,use=2", "use=1000001"] {
            let error = bad.parse::<Mix>().unwrap_err();
            assert!(error.to_string().contains("check_access"), "{bad:?}: {error}");
        }
    }
}
