//! A decision being made: a working copy of the licensee, and the events that brought it there.

use crate::{Account, Catalogue, Context, Event, Instant, Licensee, ProductId, RemovalReason, UserId};

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

    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
    }
}
