//! How a user stands with a product.

use licensing::{ProductId, ProductStatus, ProductSummary};
use serde::Serialize;

use super::inquiry::Case;

/// How a user stands with a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Has a seat that works.
    Works,
    /// Has a seat that is kept without access (R20).
    Retained,
    /// Had one.
    Lost,
    /// Never had one.
    NeverHad,
}

impl Case {
    /// How the user stands with a product.
    pub(super) fn standing(&self, product: &ProductId, summary: &ProductSummary) -> Standing {
        if self.licensee.holds(product, &self.user) {
            let works = summary.status == ProductStatus::Active;
            return if works { Standing::Works } else { Standing::Retained };
        }
        let lost = self.stories.seats.get(product).is_some_and(|story| story.taken.is_some());
        if lost { Standing::Lost } else { Standing::NeverHad }
    }
}
