//! What follows from a change to what was sold, for every pool of seats.

use crate::{Event, Grant, ProductId, draft::Draft, surplus};

impl Draft<'_> {
    /// Makes a change to what was sold, and what follows from it for every pool of seats: grace, return, surplus.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Self)) {
        let before = self.grants();
        change(self);
        self.settle(&before);
    }

    fn grants(&self) -> Vec<(ProductId, Option<Grant>)> {
        let catalogue = self.catalogue();
        catalogue.products().map(|product| (product.clone(), self.account().grant(product, catalogue))).collect()
    }

    fn settle(&mut self, before: &[(ProductId, Option<Grant>)]) {
        for (product, before) in before {
            match (before, self.account().grant(product, self.catalogue())) {
                (Some(last), None) => self.retain_seats(product, last),
                (_, Some(grant)) => {
                    self.restore_seats(product, &grant);
                    surplus::remove(self, product, grant.quantity);
                }
                (None, None) => {}
            }
        }
    }

    fn retain_seats(&mut self, product: &ProductId, last: &Grant) {
        let seats = self.account().pool(product).map_or(0, |pool| pool.assigned);
        self.emit(Event::SeatsRetained {
            product: product.clone(),
            add_on: last.add_on.clone(),
            trial: last.trial,
            quantity: last.quantity,
            seats,
            grace_ends_at: self.now() + self.catalogue().grace(),
        });
    }

    fn restore_seats(&mut self, product: &ProductId, grant: &Grant) {
        let Some(pool) = self.account().pool(product).filter(|pool| pool.grace.is_some()) else { return };
        let seats = pool.assigned;
        self.emit(Event::SeatsRestored { product: product.clone(), add_on: grant.add_on.clone(), seats });
    }
}
