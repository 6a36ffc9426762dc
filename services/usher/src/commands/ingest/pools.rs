//! A licensee's pools of seats before and after.

use contract::event::{ReadEvent, StreamEvent, licensee_stream};
use journal::StreamIndex;
use licensing::{Catalogue, Licensee, LicenseeId, ProductSummary, Summary};

use super::preview::PreviewError;

/// How many events are read at one go.
const PAGE_EVENTS: usize = 10_000;

/// A licensee before and after.
pub(super) struct Pools {
    before: Summary,
    after: Summary,
}

impl Pools {
    /// Folds a licensee's events twice at one go: those below `first_version`, and all.
    pub(super) fn of(
        index: &dyn StreamIndex,
        catalogue: &Catalogue,
        licensee: &LicenseeId,
        first_version: u64,
    ) -> Result<Self, PreviewError> {
        let stream = licensee_stream(licensee);
        let mut state = Licensee::default();
        let mut before = state.account().summary(catalogue);
        loop {
            let page = index.stream(&stream, state.version(), PAGE_EVENTS)?;
            for stored in &page {
                if stored.event.version == first_version {
                    before = state.account().summary(catalogue);
                }
                let ReadEvent { effective_at, event, .. } = ReadEvent::of(&stored.event)?;
                if let StreamEvent::Licensee { event, .. } = event {
                    state.evolve(&event, effective_at);
                }
            }
            if page.len() < PAGE_EVENTS {
                return Ok(Self { before, after: state.account().summary(catalogue) });
            }
        }
    }

    /// Each product before and after.
    pub(super) fn products(&self) -> impl Iterator<Item = (&str, &ProductSummary, &ProductSummary)> {
        let pairs = self.before.products.iter().zip(&self.after.products);
        pairs.map(|((product, before), (_, after))| (product.as_str(), before, after))
    }
}
