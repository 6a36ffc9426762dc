//! Signed bundles: events and refusals in one file that anybody can check without usher's store or server.
//!
//! A bundle is JSON, a line each: a heading, then events and refusals by shard and position, then a seal of what is in it.
//! `docs/evidence-bundle.md` describes it for programs of others.

mod check;
mod line;
mod write;

use licensing::LicenseeId;
use serde::{Deserialize, Serialize};

pub use check::{BundleError, Held, verify_bundle};
pub use write::{Scope, WriteError, Written, write_bundle};

/// The name of the form.
pub const BUNDLE_FORMAT: &str = "usher.bundle";
/// The version of the form.
pub const BUNDLE_VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Heading {
    /// Always [`BUNDLE_FORMAT`].
    format: String,
    /// Always [`BUNDLE_VERSION`].
    version: u32,
    /// Which store it is of.
    store: String,
    /// Into how many shards that is divided.
    shards: u16,
    /// Whose history it is, by id; absent for the whole store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    licensees: Option<Vec<LicenseeId>>,
}
