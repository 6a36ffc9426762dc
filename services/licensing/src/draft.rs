//! A decision being made: a working copy of the licensee, and the events that brought it there.

use crate::{
    Account, Catalogue, Context, Event, Grant, Instant, Licensee, ProductId, RemovalReason, UserId, surplus, timers,
};

/// A working copy and the events that made it.
pub(crate) struct Draft<'a> {
    licensee: Licensee,
    events: Vec<Event>,
    context: Context<'a>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(licensee: &Licensee, context: Context<'a>) -> Self {
        Self { licensee: licensee.clone(), events: Vec::new(), context }
    }

    pub(crate) const fn licensee(&self) -> &Licensee {
        &self.licensee
    }

    pub(crate) const fn account(&self) -> &Account {
        self.licensee.account()
    }

    pub(crate) const fn catalogue(&self) -> &'a Catalogue {
        self.context.catalogue
    }

    pub(crate) const fn context(&self) -> &Context<'a> {
        &self.context
    }

    pub(crate) const fn now(&self) -> Instant {
        self.context.now
    }

    pub(crate) fn emit(&mut self, event: Event) {
        self.licensee.evolve(&event, self.context.now);
        self.events.push(event);
    }

    pub(crate) fn remove_seat(&mut self, product: &ProductId, user: &UserId, reason: RemovalReason) {
        let (user, product) = (user.clone(), product.clone());
        self.emit(Event::SeatRemoved { user, product, reason, evidence: None });
    }

    /// Takes every seat of a user, of whatever product.
    pub(crate) fn remove_seats_of(&mut self, user: &UserId, reason: RemovalReason) {
        let products: Vec<ProductId> = self.licensee.roster().seats_of(user).cloned().collect();
        for product in products {
            self.remove_seat(&product, user, reason);
        }
    }

    /// Makes a change to what was sold, and what follows from it for every pool of seats: grace, return, surplus.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Self)) {
        let before = self.grants();
        change(self);
        self.settle(&before);
    }

    /// Fires what became due by the change itself, such as the expiry behind a cancellation that takes effect now.
    pub(crate) fn fire_due(&mut self) {
        while let Some(timer) = self.licensee.next_timer(self.catalogue()).filter(|timer| timer.due <= self.now()) {
            timers::fire_in(self, &timer);
        }
    }

    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
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
