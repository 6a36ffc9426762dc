//! The answer.

use std::collections::BTreeMap;

use licensing::{Code, Instant, LicenseeId, ProductId, RemovalReason, UserId};
use serde::Serialize;

use crate::Standing;

/// What would have been different.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// From when on the other rules held; `None`: from the first event on.
    pub from: Option<Instant>,
    /// Up to when both courses were followed.
    pub to: Option<Instant>,
    /// How many licensees were looked at.
    pub licensees: u64,
    /// How many of them would have fared differently.
    pub licensees_with_differences: u64,
    /// What was decided again.
    pub commands: Commands,
    /// Seats that somebody has on one side only, by how that came about.
    pub seats: SeatCounts,
    /// Commands that would have been answered differently.
    pub refusals: RefusalCounts,
    /// The differences, in the order of the licensees' ids; those without any are left out.
    pub differences: Vec<LicenseeDifferences>,
}

/// How many commands were decided again, and how surely.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Commands {
    /// All that they asked for is known.
    pub exact: u64,
    /// They were read back from their events, which leave something open: whether a list was all or nothing and who else
    /// was on it, or whether a renewal set something to what it was or left it. Older stores hold such.
    pub approximate: u64,
    /// They were refused then, and nothing was kept of them: they count as refused here too. By code.
    pub not_kept: BTreeMap<Code, u64>,
    /// They were accepted, but their events tell no command that this version knows; they were left out.
    pub unreadable: u64,
}

/// How many seats are different, each user and product once for every time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SeatCounts {
    /// Taken then, not taken under the other rules.
    pub kept: u64,
    /// Not taken then, taken under the other rules.
    pub lost: u64,
    /// Not given then, given under the other rules.
    pub gained: u64,
    /// Given then, not given under the other rules.
    pub not_given: u64,
}

/// How many commands would have been answered differently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RefusalCounts {
    /// Accepted then, refused under the other rules.
    pub new: u64,
    /// Refused then, accepted under the other rules.
    pub gone: u64,
    /// Refused on both sides, with another code.
    pub other_code: u64,
}

/// What would have been different for a licensee.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LicenseeDifferences {
    /// Whose.
    pub licensee: LicenseeId,
    /// Subscription and products that would have stood differently.
    pub standings: Vec<StandingDifference>,
    /// Seats that somebody has on one side only.
    pub seats: Vec<SeatDifference>,
    /// Commands that would have been answered differently.
    pub refusals: Vec<RefusalDifference>,
    /// How many more differences there are than are told.
    pub left_out: u64,
}

impl LicenseeDifferences {
    pub(crate) fn is_empty(&self) -> bool {
        self.standings.is_empty() && self.seats.is_empty() && self.refusals.is_empty()
    }
}

/// A time in which both courses differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// First instant.
    pub from: Instant,
    /// First instant after it; `None`: up to the end.
    pub until: Option<Instant>,
}

/// A subscription or product that would have stood differently for a time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StandingDifference {
    /// `subscription`, or the product.
    pub of: String,
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// How it stood.
    pub was: Standing,
    /// How it would have stood.
    pub would_be: Standing,
}

/// A seat that somebody has on one side only, for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeatDifference {
    /// Who.
    pub user: UserId,
    /// Of which product.
    pub product: ProductId,
    /// How it came about.
    pub kind: SeatKind,
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// Why the side that took it did so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<RemovalReason>,
}

/// How it came about that a seat is on one side only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatKind {
    /// Taken then, not taken under the other rules.
    Kept,
    /// Not taken then, taken under the other rules.
    Lost,
    /// Not given then, given under the other rules.
    Gained,
    /// Given then, not given under the other rules.
    NotGiven,
}

/// A command that would have been answered differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusalDifference {
    /// When it was decided.
    pub at: Instant,
    /// Its id.
    pub command_id: String,
    /// How it was answered.
    pub was: Verdict,
    /// How it would have been answered.
    pub would_be: Verdict,
}

/// How a command is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Accepted,
    /// It is refused.
    Refused(Code),
}

impl SeatCounts {
    pub(crate) fn add(&mut self, other: Self) {
        self.kept = self.kept.saturating_add(other.kept);
        self.lost = self.lost.saturating_add(other.lost);
        self.gained = self.gained.saturating_add(other.gained);
        self.not_given = self.not_given.saturating_add(other.not_given);
    }
}

impl RefusalCounts {
    pub(crate) fn add(&mut self, other: Self) {
        self.new = self.new.saturating_add(other.new);
        self.gone = self.gone.saturating_add(other.gone);
        self.other_code = self.other_code.saturating_add(other.other_code);
    }

    pub(crate) fn count(&mut self, difference: &RefusalDifference) {
        let count = match (difference.was, difference.would_be) {
            (Verdict::Accepted, _) => &mut self.new,
            (_, Verdict::Accepted) => &mut self.gone,
            _ => &mut self.other_code,
        };
        *count = count.saturating_add(1);
    }
}

impl Verdict {
    /// `accepted`, or the code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused(code) => code.as_str(),
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
