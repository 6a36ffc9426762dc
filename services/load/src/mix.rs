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
    /// Shows a page of a licensee's history since the run began.
    ShowHistory,
    /// Tells of a use.
    Use,
    /// Adds a member.
    Join,
    /// Removes one.
    Leave,
    /// Deactivates a user.
    Deactivate,
    /// Blocks a user.
    Block,
    /// Makes a user active again.
    Reactivate,
    /// Gives one seat.
    AssignOne,
    /// Takes one back.
    RemoveOne,
    /// Gives up to fifty at one go.
    AssignMany,
    /// Takes up to fifty back.
    RemoveMany,
    /// Buys more seats.
    BuySeats,
    /// Sets the seats back to what was bought at first.
    ChangeQuantity,
    /// Renews a subscription.
    Renew,
}

/// All kinds, with their names and how often each comes in ten thousand requests of the usual mix.
///
/// The messages stand to each other as in six years of a project's history: seven uses to one who joins, nearly as many who
/// are deactivated, a tenth of them back later, billing and lists of seats one in a thousand, and what came once in it
/// (blocks, removals) once here. What such a history does not tell is assumed: that three of four requests read, access
/// checks most of all, and that every second who joins is given a seat by hand, as are the seats of those who left.
const KINDS: &[(Kind, &str, u32)] = &[
    (Kind::CheckAccess, "check_access", 5_600),
    (Kind::ShowLicensee, "show_licensee", 900),
    (Kind::ListMembers, "list_members", 600),
    (Kind::ShowUser, "show_user", 300),
    (Kind::ShowHistory, "show_history", 200),
    (Kind::Use, "use", 1_684),
    (Kind::Join, "join", 243),
    (Kind::Leave, "leave", 1),
    (Kind::Deactivate, "deactivate", 205),
    (Kind::Block, "block", 1),
    (Kind::Reactivate, "reactivate", 22),
    (Kind::AssignOne, "assign_one", 180),
    (Kind::RemoveOne, "remove_one", 58),
    (Kind::AssignMany, "assign_many", 2),
    (Kind::RemoveMany, "remove_many", 1),
    (Kind::BuySeats, "buy_seats", 1),
    (Kind::ChangeQuantity, "change_quantity", 1),
    (Kind::Renew, "renew", 1),
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

    /// Whether it changes nothing, and so can't be a message.
    pub fn is_read(self) -> bool {
        use Kind::{CheckAccess, ListMembers, ShowHistory, ShowLicensee, ShowUser};
        matches!(self, CheckAccess | ShowLicensee | ListMembers | ShowUser | ShowHistory)
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

/// How often each kind comes: at least one of them does.
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

/// How often each kind of a churn comes for one who leaves: one joins and is given a seat, and one who stays gives theirs
/// back every second time, so that the seats that change hands are as many as those who leave.
const CHURN: &[(Kind, f64)] = &[(Kind::Leave, 1.0), (Kind::Join, 1.0), (Kind::AssignOne, 1.0), (Kind::RemoveOne, 0.5)];
/// How many requests that are, one who leaves.
const CHURN_REQUESTS: f64 = 3.5;
/// How finely shares of a mix with churn are kept.
const CHURN_TOTAL: f64 = 1_000_000.0;

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

    /// The same without what only reads; `None` if nothing is left.
    pub(crate) fn without_reads(&self) -> Option<Self> {
        let changes = Self::of(self.weights.iter().filter(|(kind, _)| !kind.is_read()).copied().collect());
        (changes.total > 0).then_some(changes)
    }

    /// The same with so many leaving for one request, as many joining, and seats changing hands; all other kinds share what
    /// remains as before. `None` if that is more than there are requests.
    pub fn with_churn(&self, leaving: f64) -> Option<Self> {
        let remaining = 1.0 - leaving * CHURN_REQUESTS;
        if remaining < 0.0 {
            return None;
        }
        let is_of_churn = |kind: Kind| CHURN.iter().any(|(other, _)| *other == kind);
        let others = self.weights.iter().filter(|(kind, _)| !is_of_churn(*kind));
        let others_total: u32 = others.clone().map(|(_, weight)| weight).sum();
        let share = remaining / f64::from(others_total.max(1));
        let weight = |share: f64| (share * CHURN_TOTAL).round() as u32;
        let others = others.map(|(kind, of_them)| (*kind, weight(f64::from(*of_them) * share)));
        let churn = CHURN.iter().map(|(kind, of_one)| (*kind, weight(leaving * of_one)));
        Some(Self::of(churn.chain(others).collect()))
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

    fn drawn(mix: &Mix, times: usize) -> Vec<Kind> {
        let mut dice = Rng::with_seed(7);
        (0..times).map(|_| mix.any(&mut dice)).collect()
    }

    fn count(drawn: &[Kind], kind: Kind) -> usize {
        drawn.iter().filter(|other| **other == kind).count()
    }

    #[test]
    fn every_kind_has_a_name_of_its_own_and_the_usual_weights_make_ten_thousand() {
        let mut names: Vec<_> = Kind::all().map(Kind::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KINDS.len());
        assert_eq!(Mix::default().total, 10_000);
    }

    #[test]
    fn messages_stand_to_each_other_as_in_the_sample_history() {
        // What it has: 15,266 uses, 2,196 who join, 1,858 who are deactivated, 196 who come back.
        let weight = |kind: Kind| f64::from(KINDS.iter().find(|(other, ..)| *other == kind).unwrap().2);
        for (kind, in_history) in [(Kind::Join, 2_196.0), (Kind::Deactivate, 1_858.0), (Kind::Reactivate, 196.0)] {
            let (here, there) = (weight(Kind::Use) / weight(kind), 15_266.0 / in_history);
            assert!((here / there - 1.0).abs() < 0.05, "{kind}: {here} uses instead of {there}");
        }
    }

    #[test]
    fn kinds_come_as_often_as_their_weights_say() {
        let drawn = drawn(&"use=1, block=3".parse().unwrap(), 4_000);
        let blocks = count(&drawn, Kind::Block);
        assert!((2_800..3_200).contains(&blocks), "{blocks} of 4000");
        assert!(drawn.iter().all(|kind| matches!(kind, Kind::Use | Kind::Block)));
    }

    #[test]
    fn a_churn_takes_its_share_and_leaves_the_rest_as_it_was() {
        let mix = "check_access=3,use=1,join=50".parse::<Mix>().unwrap().with_churn(0.1).unwrap();
        let drawn = drawn(&mix, 20_000);
        for (kind, of_a_thousand) in [(Kind::Leave, 100), (Kind::Join, 100), (Kind::AssignOne, 100)] {
            let found = count(&drawn, kind) / 20;
            assert!(found.abs_diff(of_a_thousand) < 15, "{kind}: {found} of 1000");
        }
        let (checks, uses) = (count(&drawn, Kind::CheckAccess) as f64, count(&drawn, Kind::Use) as f64);
        assert!((checks / uses - 3.0).abs() < 0.3, "{checks} checks to {uses} uses");
        assert_eq!(Mix::default().with_churn(0.5), None, "there are not as many requests");
    }

    #[test]
    fn without_reads_only_changes_are_left() {
        let drawn = drawn(&Mix::default().without_reads().unwrap(), 2_000);
        assert!(drawn.iter().all(|kind| !kind.is_read()));
        assert_eq!("check_access=1".parse::<Mix>().unwrap().without_reads(), None);
    }

    #[test]
    fn what_is_no_mix_is_refused_with_the_kinds_there_are() {
        for bad in ["", "use", "use=-1", "use=0", "sleep=1", "use=1,use=2", "use=1000001"] {
            let error = bad.parse::<Mix>().unwrap_err();
            assert!(error.to_string().contains("check_access"), "{bad:?}: {error}");
        }
    }
}
