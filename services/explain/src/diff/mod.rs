//! What moved between two instants, by effective time.

mod moves;
mod net;
mod page;

use licensing::{Catalogue, Event, Instant, Licensee, Summary};

use crate::{
    change::{changes_of_licensee, changes_of_member},
    fact::{Cited, Fact},
    rule::Rule,
};

pub use moves::{Move, Net, What};
pub use net::{NetSeats, NetTotals};
pub use page::MovesWanted;

use page::Page;

/// Two instants: the state as of the first is held against the state as of the second, so what took effect in
/// `(from, to]` lies between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub from: Instant,
    /// The second.
    pub to: Instant,
}

/// What moved between two instants.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    /// The licensee as of the first; `None` before its first event.
    pub before: Option<Summary>,
    /// The licensee as of the second; `None` before its first event.
    pub after: Option<Summary>,
    /// What it comes to, whatever the page.
    pub net: NetTotals,
    /// One page of the moves, oldest first.
    pub moves: Vec<Move>,
    /// Whether more follow after the last of them.
    pub more: bool,
}

/// Reads the events of a licensee and tells what moved.
pub struct Differ<'a> {
    catalogue: &'a Catalogue,
    range: Range,
    before: Licensee,
    after: Licensee,
    /// What the command that is being read has changed of what was sold.
    deed: Option<Deed>,
    page: Page,
}

/// The events of one command that change what was sold. They belong together: in between them a pool may have no add-on
/// that has one again a moment later.
struct Deed {
    command_id: String,
    before: Summary,
    /// Those that changed what is shown; a command makes a handful at most.
    events: Vec<(Cited, Option<Rule>)>,
}

impl<'a> Differ<'a> {
    /// Gets ready to read the events behind `start`: the licensee after the first of them, all of which took effect by the
    /// first instant; without any, the default.
    pub fn new(catalogue: &'a Catalogue, start: Licensee, range: Range, wanted: MovesWanted) -> Self {
        Self { catalogue, range, before: start.clone(), after: start, deed: None, page: Page::new(wanted) }
    }

    /// Reads the next event.
    pub fn note(&mut self, fact: Fact) {
        let at = fact.cited.effective_at;
        if at > self.range.to {
            return;
        }
        if at <= self.range.from {
            self.before.evolve(&fact.event, at);
            self.after.evolve(&fact.event, at);
            return;
        }
        if self.deed.as_ref().is_some_and(|deed| deed.command_id != fact.cited.command_id) {
            self.end_deed();
        }
        if fact.event.user().is_some() { self.note_personal(fact) } else { self.note_sold(fact) }
    }

    /// Tells what moved.
    pub fn finish(mut self) -> Diff {
        self.end_deed();
        let (before, after) = (&self.before, &self.after);
        let summary = |state: &Licensee| state.exists().then(|| state.account().summary(self.catalogue));
        let net = NetTotals::between(before, after, self.catalogue);
        let (mut moves, more) = self.page.finish();
        moves.iter_mut().for_each(|told| told.what.settle(before, after));
        Diff { before: summary(before), after: summary(after), net, moves, more }
    }

    fn note_personal(&mut self, fact: Fact) {
        let Fact { cited, event } = fact;
        let rule = Rule::behind(&event);
        let was = event.user().and_then(|user| self.after.roster().member(user));
        self.after.evolve(&event, cited.effective_at);
        let what = match event {
            Event::MemberUpdated { ref user, .. } | Event::MemberStatusChanged { ref user, .. } => {
                let changes = changes_of_member(was, self.after.roster().member(user));
                What::MemberChanged { user: user.clone(), changes }
            }
            other => match What::of(other) {
                Some(what) => what,
                None => return,
            },
        };
        // New names and addresses are in no event, so there is nothing to tell of them.
        if matches!(&what, What::MemberChanged { changes, .. } if changes.is_empty()) {
            return;
        }
        self.page.add(Move { event: cited, rule, what });
    }

    fn note_sold(&mut self, fact: Fact) {
        let Fact { cited, event } = fact;
        let before = self.after.account().summary(self.catalogue);
        self.after.evolve(&event, cited.effective_at);
        let after = self.after.account().summary(self.catalogue);
        if changes_of_licensee(&before, &after).is_empty() {
            return;
        }
        let deed =
            self.deed.get_or_insert_with(|| Deed { command_id: cited.command_id.clone(), before, events: Vec::new() });
        deed.events.push((cited, Rule::behind(&event)));
    }

    fn end_deed(&mut self) {
        let Some(Deed { before, events, .. }) = self.deed.take() else { return };
        let changes = changes_of_licensee(&before, &self.after.account().summary(self.catalogue));
        let Some((first, rule)) = events.first().cloned().filter(|_| !changes.is_empty()) else { return };
        let events = events.into_iter().map(|(cited, _)| cited).collect();
        self.page.add(Move { event: first, rule, what: What::LicenseeChanged { changes, events } });
    }
}
