//! Who has a seat on one side only.

use std::collections::BTreeMap;

use licensing::{Event, Instant, Licensee, ProductId, RemovalReason, UserId};

use crate::{
    SeatCounts, SeatKind,
    span::{Spans, Tally},
};

/// A seat on one side only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OneSided {
    pub(crate) kind: SeatKind,
    pub(crate) reason: Option<RemovalReason>,
}

/// A seat of a licensee.
pub(crate) type SeatOf = (ProductId, UserId);

/// The seats of a licensee that are on one side only.
pub(crate) type SeatSpans = Spans<SeatOf, OneSided, SeatCounts>;

impl Tally<OneSided> for SeatCounts {
    fn count(&mut self, difference: &OneSided) {
        let count = match difference.kind {
            SeatKind::Kept => &mut self.kept,
            SeatKind::Lost => &mut self.lost,
            SeatKind::Gained => &mut self.gained,
            SeatKind::NotGiven => &mut self.not_given,
        };
        *count = count.saturating_add(1);
    }
}

/// What happened to a seat on one side: the reason for which it was taken, or `None` where it was given.
type Change = Option<RemovalReason>;

/// Notes what a step changed about who has a seat, after both sides took it in.
pub(crate) fn note(spans: &mut SeatSpans, sides: [(&Licensee, &[Event]); 2], at: Instant) {
    let [(was, events_then), (would_be, events_otherwise)] = sides;
    let (then, otherwise) = (changes(events_then), changes(events_otherwise));
    for (product, user) in then.keys().chain(otherwise.keys()) {
        let seat = (product.clone(), user.clone());
        let difference = match (was.holds(product, user), would_be.holds(product, user)) {
            (false, true) => Some(match then.get(&seat) {
                Some(Some(reason)) => OneSided { kind: SeatKind::Kept, reason: Some(*reason) },
                _ => gone_on_with(spans, &seat, [SeatKind::Kept, SeatKind::Gained]),
            }),
            (true, false) => Some(match otherwise.get(&seat) {
                Some(Some(reason)) => OneSided { kind: SeatKind::Lost, reason: Some(*reason) },
                _ => gone_on_with(spans, &seat, [SeatKind::Lost, SeatKind::NotGiven]),
            }),
            (true, true) | (false, false) => None,
        };
        spans.set(seat, difference, at);
    }
}

/// The difference that is there already, if it is of the first kind; else one of the second, that begins.
fn gone_on_with(spans: &SeatSpans, seat: &SeatOf, [before, begun]: [SeatKind; 2]) -> OneSided {
    let open = spans.get(seat).filter(|open| open.kind == before);
    open.copied().unwrap_or(OneSided { kind: begun, reason: None })
}

/// The last change of each seat.
fn changes(events: &[Event]) -> BTreeMap<SeatOf, Change> {
    let change = |event: &Event| match event {
        Event::SeatAssigned { user, product, .. } => Some(((product.clone(), user.clone()), None)),
        Event::SeatRemoved { user, product, reason, .. } => Some(((product.clone(), user.clone()), Some(*reason))),
        _ => None,
    };
    events.iter().filter_map(change).collect()
}
