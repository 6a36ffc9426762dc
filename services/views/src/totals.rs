//! A few numbers over everything.

use std::collections::BTreeMap;

use licensing::RemovalReason;
use serde::Serialize;

/// Numbers over everything that the views hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Licensees that exist.
    pub licensees: u64,
    /// Members of all licensees; who is a member of two counts twice.
    pub members: u64,
    /// Seats that are held now, retained ones included.
    pub seats: u64,
    /// Seats that were ever taken away, by reason.
    pub removals: BTreeMap<RemovalReason, u64>,
    /// Events of all streams.
    pub events: u64,
    /// Commands that were refused, whether they named a licensee or not.
    pub refusals: u64,
}
