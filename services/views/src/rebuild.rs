//! What there is to tell of making the views anew.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::ViewsError;

/// How far the new views are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildProgress {
    /// What is being done.
    pub phase: RebuildPhase,
    /// Records of the journal that are in them.
    pub records: u64,
    /// Records of the journal.
    pub of: u64,
}

/// What a rebuild does, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RebuildPhase {
    /// The new views are filled from the journal.
    Filling,
    /// Old and new ones are compared.
    Comparing,
    /// The new ones take the place of the old ones.
    Swapping,
}

/// Is told how far the new views are, and says whether to go on; a break leaves the old ones as they are.
pub type Watcher<'a> = dyn FnMut(RebuildProgress) -> ControlFlow<()> + 'a;

/// New views that are in their place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// Every table, as it was made.
    pub tables: Vec<TableSum>,
    /// The first table that was different before; `None` if none was, or nothing can be said about it.
    pub difference: Option<TableDifference>,
    /// Why the old views could not be compared; `None` if they were.
    pub not_compared: Option<String>,
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// Stands for what is in them; the same on the same kind and version of store only.
    pub checksum: String,
}

/// A table that was not what the journal gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDifference {
    /// What the journal gives.
    pub expected: TableSum,
    /// What was there.
    pub found: TableSum,
}

/// Makes the views of a running process anew.
pub(crate) trait Rebuild: Send + Sync {
    /// Makes them anew and puts them in the place of those that live; see [`Views::rebuild_in_place`](crate::Views::rebuild_in_place).
    fn rebuild(&self, watcher: &mut Watcher<'_>) -> Result<Rebuilt, ViewsError>;
}

/// The first table that differs; both have the same tables in the same order.
pub(crate) fn first_difference(found: &[TableSum], expected: &[TableSum]) -> Option<TableDifference> {
    let pair = found.iter().zip(expected).find(|(found, expected)| found != expected);
    pair.map(|(found, expected)| TableDifference { expected: expected.clone(), found: found.clone() })
}

/// Tells how far it is; fails when it is to end.
pub(crate) fn tell(watcher: &mut Watcher<'_>, progress: RebuildProgress) -> Result<(), ViewsError> {
    match watcher(progress) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ViewsError::Aborted),
    }
}
