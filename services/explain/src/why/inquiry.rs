//! Reads the events of a licensee, and keeps what concerns one user.

use std::collections::BTreeMap;

use licensing::{Catalogue, Event, GraceOf, Grant, Licensee, ProductId, UserId};

use super::{deed::Deed, origins::Origins};
use crate::fact::Fact;

/// Reads the events of a licensee that matter to one user, one after another, and keeps the last of each kind: those about
/// the user, those about what was sold, and, with a seat that was one too many, those about the others that were. More do no
/// harm.
pub struct Inquiry<'a> {
    catalogue: &'a Catalogue,
    user: UserId,
    /// What was sold, as far as it was read: nothing that happens to members and their seats moves what the pools grant.
    sold: Licensee,
    reading: Option<Deed>,
    origins: Origins,
    stories: Stories,
}

/// What concerns one user of a licensee.
#[derive(Debug, Clone)]
pub struct Case {
    pub(super) user: UserId,
    pub(super) licensee: Licensee,
    pub(super) stories: Stories,
}

/// What was read that concerns the user.
#[derive(Debug, Clone, Default)]
pub(super) struct Stories {
    pub(super) membership: MembershipStory,
    pub(super) seats: BTreeMap<ProductId, SeatStory>,
    /// What took each product its last add-on, until it has one again (R20).
    retained: BTreeMap<ProductId, Deed>,
}

/// The last of each kind that happened to a membership.
#[derive(Debug, Clone, Default)]
pub(super) struct MembershipStory {
    pub(super) joined: Option<Deed>,
    /// A change of role, type or status since.
    pub(super) changed: Option<Deed>,
    pub(super) left: Option<Deed>,
}

/// The last of each kind that happened to a seat.
#[derive(Debug, Clone, Default)]
pub(super) struct SeatStory {
    pub(super) given: Option<Deed>,
    pub(super) taken: Option<Taken>,
    /// A trial that the user started (R13).
    pub(super) trial: Option<Deed>,
}

/// How a seat was lost.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) deed: Deed,
    /// What began the days of grace at whose end it went (R20).
    pub(super) grace: Option<Deed>,
}

impl<'a> Inquiry<'a> {
    /// Gets ready to read.
    pub fn new(catalogue: &'a Catalogue, user: UserId) -> Self {
        let (sold, origins, stories) = (Licensee::default(), Origins::default(), Stories::default());
        Self { catalogue, user, sold, reading: None, origins, stories }
    }

    /// Reads the next event.
    pub fn note(&mut self, fact: Fact) {
        if self.reading.as_ref().is_some_and(|deed| deed.command_id != fact.cited.command_id) {
            self.end_deed();
        }
        let whose = fact.event.user();
        let (is_of_all, is_of_the_user) = (whose.is_none(), whose == Some(&self.user));
        let is_first_of_all = is_of_all && self.reading.as_ref().is_none_or(|deed| deed.cause().is_none());
        let before = is_first_of_all.then(|| self.grants());
        if is_of_all {
            self.sold.evolve(&fact.event, fact.cited.effective_at);
        }
        let deed = self.reading.get_or_insert_with(|| Deed::new(&fact.cited.command_id));
        for (product, grant) in before.into_iter().flatten() {
            deed.pools.entry(product).or_default().before = grant;
        }
        deed.count(&fact.event);
        if is_of_all || is_of_the_user {
            deed.facts.push(fact);
        }
    }

    /// All was read; `licensee` is what all of its events come to.
    pub fn close(mut self, licensee: Licensee) -> Case {
        self.end_deed();
        Case { user: self.user, licensee, stories: self.stories }
    }

    fn grants(&self) -> Vec<(ProductId, Option<Grant>)> {
        let account = self.sold.account();
        let products = self.catalogue.products();
        products.map(|product| (product.clone(), account.grant(product, self.catalogue))).collect()
    }

    fn end_deed(&mut self) {
        let Some(mut deed) = self.reading.take().filter(|deed| !deed.facts.is_empty()) else { return };
        for (product, grant) in self.grants() {
            deed.pools.entry(product).or_default().after = grant;
        }
        deed.origin = self.origins.behind(&deed).cloned().map(Box::new);
        self.origins.note(&deed);
        self.stories.keep(&deed, &self.user);
    }
}

impl Case {
    /// Whether the licensee ever had to do with the user.
    pub fn names_user(&self) -> bool {
        let Stories { membership: MembershipStory { joined, changed, left }, seats, .. } = &self.stories;
        let is_member_or_was = [joined, changed, left].into_iter().any(Option::is_some);
        is_member_or_was || !seats.is_empty()
    }

    /// The commands that an explanation may name; a few.
    pub fn command_ids(&self) -> Vec<&str> {
        let Stories { membership: MembershipStory { joined, changed, left }, seats, retained } = &self.stories;
        let of_the_membership = [joined, changed, left].into_iter().flatten();
        let of_the_seats = seats.values().flat_map(|story| {
            let taken = story.taken.as_ref();
            let deeds = [story.given.as_ref(), story.trial.as_ref(), taken.map(|taken| &taken.deed)];
            deeds.into_iter().flatten().chain(taken.and_then(|taken| taken.grace.as_ref()))
        });
        let all = of_the_membership.chain(of_the_seats).chain(retained.values());
        all.flat_map(Deed::lineage).map(|deed| deed.command_id.as_str()).collect()
    }

    /// What took the product its last add-on, while it has none again (R20).
    pub(super) fn retained(&self, product: &ProductId) -> Option<&Deed> {
        self.stories.retained.get(product)
    }
}

impl Stories {
    /// Keeps of a command what concerns the user.
    fn keep(&mut self, deed: &Deed, user: &UserId) {
        for Fact { event, .. } in &deed.facts {
            match event {
                Event::SeatsRetained { product, .. } => {
                    self.retained.insert(product.clone(), deed.clone());
                }
                Event::SeatsRestored { product, .. }
                | Event::GracePeriodEnded { of: GraceOf::Product, product: Some(product) } => {
                    self.retained.remove(product);
                }
                Event::TrialStarted(trial) if trial.started_by.as_ref() == Some(user) => {
                    self.seats.entry(trial.product.clone()).or_default().trial = Some(deed.clone());
                }
                // Only the user's own are among them.
                Event::SeatAssigned { product, .. } => {
                    let story = self.seats.entry(product.clone()).or_default();
                    story.given = Some(deed.clone());
                    story.taken = None;
                }
                Event::SeatRemoved { product, .. } => {
                    let taken = Taken { deed: deed.clone(), grace: self.retained.get(product).cloned() };
                    self.seats.entry(product.clone()).or_default().taken = Some(taken);
                }
                Event::MemberAdded { .. } => {
                    self.membership = MembershipStory { joined: Some(deed.clone()), ..MembershipStory::default() };
                }
                Event::MemberUpdated { .. } | Event::MemberStatusChanged { .. } => {
                    self.membership.changed = Some(deed.clone());
                }
                Event::MemberRemoved { .. } => self.membership.left = Some(deed.clone()),
                _ => {}
            }
        }
    }
}
