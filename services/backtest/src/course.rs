//! One licensee, as it was and as it would have been.

use licensing::{Catalogue, Event, Instant, Licensee, LicenseeId};

use crate::{
    LicenseeDifferences, RefusalCounts, RefusalDifference, Report, SeatDifference, Span, Standing, StandingDifference,
    seats::{self, OneSided, SeatOf, SeatSpans},
    span::Spans,
    standing::{Subject, standings},
};

/// The most commands with another answer that are told of a licensee; the others are counted.
const TOLD_MAX: usize = 10_000;

/// One licensee, as it was and as it would have been.
#[derive(Default)]
pub(crate) struct Course {
    /// By the recorded events.
    was: Licensee,
    /// By the other rules. Where both are the same, they share all of their memory.
    would_be: Licensee,
    /// Whether both are different.
    is_parted: bool,
    /// When time alone changes `would_be` next, as it is lined up.
    pub(crate) due: Option<Instant>,
    seats: SeatSpans,
    standings: Spans<Subject, (Standing, Standing)>,
    refusals: Vec<RefusalDifference>,
    counts: RefusalCounts,
    left_out: u64,
}

/// The catalogues of both sides.
#[derive(Clone, Copy)]
pub(crate) struct Catalogues<'a> {
    pub(crate) held: &'a Catalogue,
    pub(crate) tried: &'a Catalogue,
}

impl Course {
    pub(crate) const fn was(&self) -> &Licensee {
        &self.was
    }

    pub(crate) const fn would_be(&self) -> &Licensee {
        &self.would_be
    }

    /// Takes in what happened before the other rules begin to hold: it is so on both sides.
    pub(crate) fn take_in_both(&mut self, events: &[Event], at: Instant) {
        events.iter().for_each(|event| self.was.evolve(event, at));
        self.would_be = self.was.clone();
    }

    /// From `at` on the other rules hold.
    pub(crate) fn begin(&mut self, catalogues: Catalogues<'_>, at: Instant) {
        self.compare_standings(catalogues, at);
    }

    /// Takes in what happened, and what would have.
    pub(crate) fn take_in(&mut self, then: &[Event], otherwise: &[Event], catalogues: Catalogues<'_>, at: Instant) {
        then.iter().for_each(|event| self.was.evolve(event, at));
        if !self.is_parted && then == otherwise {
            self.would_be = self.was.clone();
        } else {
            self.is_parted = true;
            otherwise.iter().for_each(|event| self.would_be.evolve(event, at));
            seats::note(&mut self.seats, [(&self.was, then), (&self.would_be, otherwise)], at);
        }
        self.compare_standings(catalogues, at);
    }

    /// What time alone does is taken in one side after the other: looks whether both are the same again.
    pub(crate) fn rejoin(&mut self) {
        if self.is_parted && self.was.version() == self.would_be.version() && self.was == self.would_be {
            self.would_be = self.was.clone();
            self.is_parted = false;
        }
    }

    /// A command that is answered differently.
    pub(crate) fn note_refusal(&mut self, difference: RefusalDifference) {
        self.counts.count(&difference);
        if self.refusals.len() < TOLD_MAX {
            self.refusals.push(difference);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// The products of the catalogue that is tried, and the subscription.
    fn compare_standings(&mut self, Catalogues { held, tried }: Catalogues<'_>, at: Instant) {
        let was = standings(&self.was, held);
        for (subject, would_be) in standings(&self.would_be, tried) {
            let was = was.iter().find(|(other, _)| *other == subject).map(|(_, standing)| standing.clone());
            let was = was.unwrap_or(Standing { status: "none", add_on: None, quantity: Some(0) });
            let difference = (was != would_be).then_some((was, would_be));
            self.standings.set(subject, difference, at);
        }
    }

    /// Adds what was different to the report, if anything was.
    pub(crate) fn report(self, licensee: LicenseeId, report: &mut Report) {
        let (seats, standings) = (self.seats.finish(), self.standings.finish());
        report.seats.add(seats.tally);
        report.refusals.add(self.counts);
        let differences = LicenseeDifferences {
            licensee,
            standings: standings.told.into_iter().map(standing_difference).collect(),
            seats: seats.told.into_iter().map(seat_difference).collect(),
            refusals: self.refusals,
            left_out: self.left_out.saturating_add(seats.left_out).saturating_add(standings.left_out),
        };
        if !differences.is_empty() {
            report.licensees_with_differences = report.licensees_with_differences.saturating_add(1);
            report.differences.push(differences);
        }
    }
}

fn standing_difference((of, (was, would_be), span): (Subject, (Standing, Standing), Span)) -> StandingDifference {
    StandingDifference { of: of.to_string(), span, was, would_be }
}

fn seat_difference(((product, user), OneSided { kind, reason }, span): (SeatOf, OneSided, Span)) -> SeatDifference {
    SeatDifference { user, product, kind, span, reason }
}
