//! What is asked.

use std::{collections::BTreeSet, sync::Arc};

use licensing::{Catalogue, Instant, LicenseeId};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The rules to try.
    pub catalogue: Arc<Catalogue>,
    /// The rules that held, to show what was; what happened is read from the events, whatever these say.
    pub held: Arc<Catalogue>,
    /// From when on the other rules hold; until then everything is as it was. `None`: from the first event on.
    pub from: Option<Instant>,
    /// Up to when they are tried, without that instant; `None`: to the end of what is recorded.
    pub to: Option<Instant>,
    /// These licensees only; empty for all.
    pub licensees: BTreeSet<LicenseeId>,
}

impl Question {
    /// Whether a licensee is asked about.
    pub(crate) fn is_about(&self, licensee: &LicenseeId) -> bool {
        self.licensees.is_empty() || self.licensees.contains(licensee)
    }
}
