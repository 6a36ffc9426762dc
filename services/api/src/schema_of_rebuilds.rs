//! Shapes of the answers about rebuilds, for the OpenAPI document; the crate `views` writes their JSON.
//!
//! Nothing is built from these types; a test compares them with what is answered.
#![allow(dead_code, reason = "they only describe")]

use serde::Serialize;
use utoipa::ToSchema;

/// What a rebuild does, in this order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RebuildPhase {
    Filling,
    Comparing,
    Swapping,
}

/// New read models that are in their place.
#[derive(ToSchema)]
pub(crate) struct Rebuilt {
    /// Every table, as it was made.
    tables: Vec<TableSum>,
    /// The first table that was different before, and is mended; null if none was, or nothing can be said about it.
    difference: Option<TableDifference>,
    /// Why the old read models could not be compared; null if they were.
    not_compared: Option<String>,
}

/// What a table holds.
#[derive(ToSchema)]
pub(crate) struct TableSum {
    /// Its name.
    table: String,
    /// How many rows it has.
    rows: u64,
    /// Stands for what is in them; the same on the same kind of store only.
    checksum: String,
}

/// A table that was not what the journal gives.
#[derive(ToSchema)]
pub(crate) struct TableDifference {
    /// What the journal gives.
    expected: TableSum,
    /// What was there.
    found: TableSum,
}
