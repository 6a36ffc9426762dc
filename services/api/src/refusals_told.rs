//! What was refused in the whole store.

use std::collections::BTreeMap;

use licensing::LicenseeId;
use views::RefusalView;

use crate::Services;

/// Refusals of the whole store.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusalsTold {
    /// The newest first, each with the licensee that it named.
    pub newest: Vec<(LicenseeId, RefusalView)>,
    /// How many there ever were, by code, those that named no licensee included.
    pub counts: BTreeMap<String, u64>,
}

impl Services {
    /// What was refused last in the whole store, `limit` at most, and how often what for; `None` where the store does not
    /// answer. Blocks.
    pub fn refusals_told(&self, limit: usize) -> Option<RefusalsTold> {
        let read = || Ok(RefusalsTold { newest: self.views.newest_refusals(limit)?, counts: self.views.refused()? });
        let told: Result<RefusalsTold, views::ViewsError> = read();
        told.inspect_err(|error| tracing::error!(error = error as &dyn std::error::Error, "refusals can't be read"))
            .ok()
    }
}
