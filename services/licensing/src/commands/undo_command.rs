//! What an earlier command did to seats is taken back, as far as seats and eligibility allow (ADR 16).
//!
//! Only seats: what billing sold stays sold. Nothing is rewritten: an undoing has events of its own, and can be undone.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    Report,
    assign_seats::{check_user, give, open_pool},
    known_licensee, known_product,
};
use crate::{
    AssignmentCause, Code, Event, Instant, PastEvent, ProductId, Refusal, RemovalReason, UserId, VersionRange,
    draft::Draft,
};

pub(super) fn run(draft: &mut Draft<'_>, events: Option<VersionRange>) -> Result<Report, Refusal> {
    known_licensee(draft)?;
    let Some(versions) = events else {
        return Err(Refusal::new(
            Code::UnknownCommand,
            "no event of this licensee bears the command's id: take one that its history shows",
        ));
    };
    let moves = Moves::of(draft.context().facts.past_events(versions));
    if moves.given.is_empty() && moves.taken.is_empty() {
        return Err(Refusal::new(
            Code::NothingToUndo,
            "the command gave and took no seats: only what commands do to seats can be undone",
        ));
    }
    let mut done = Undone::default();
    // First, so that the seats are free for those who held them before.
    moves.given.iter().for_each(|given| done.removed.note(given.user.clone(), take_back(draft, given)));
    for taken in in_order_of_return(draft, moves.taken) {
        let returned = restore(draft, &taken);
        done.restored.note(taken.user, returned);
    }
    Ok(done.into_report())
}

/// A seat that the command gave.
struct Given {
    product: ProductId,
    user: UserId,
    /// The version of the event: the seat's order, as long as it is this one.
    version: u64,
}

/// A seat that the command took.
struct Taken {
    product: ProductId,
    user: UserId,
    version: u64,
    /// The place in the order of removal, where there was one (R22); else 0.
    rank: u32,
}

/// What a command did to seats in the end: of one that it gave and took, or took and gave, nothing.
struct Moves {
    given: Vec<Given>,
    taken: Vec<Taken>,
}

enum Move {
    Given { version: u64 },
    Taken { version: u64, rank: u32 },
}

impl Moves {
    fn of(events: Vec<PastEvent>) -> Self {
        let mut moves: BTreeMap<(ProductId, UserId), Move> = BTreeMap::new();
        for (place, PastEvent { version, event }) in (1..).zip(events) {
            let (seat, last) = match event {
                Event::SeatAssigned { user, product, .. } => ((product, user), Move::Given { version }),
                Event::SeatRemoved { user, product, reason, evidence } => {
                    let rank = match evidence {
                        Some(evidence) => evidence.rank,
                        // A sweep takes in the same order, but keeps no evidence of it.
                        None if reason == RemovalReason::Swept => place,
                        None => 0,
                    };
                    ((product, user), Move::Taken { version, rank })
                }
                _ => continue,
            };
            // Two moves of one seat cancel each other out.
            if moves.remove(&seat).is_none() {
                moves.insert(seat, last);
            }
        }
        Self::sorted(moves)
    }

    /// Each kind in the order of the events.
    fn sorted(moves: BTreeMap<(ProductId, UserId), Move>) -> Self {
        let (mut given, mut taken) = (Vec::new(), Vec::new());
        for ((product, user), last) in moves {
            match last {
                Move::Given { version } => given.push(Given { product, user, version }),
                Move::Taken { version, rank } => taken.push(Taken { product, user, version, rank }),
            }
        }
        given.sort_unstable_by_key(|given| given.version);
        taken.sort_unstable_by_key(|taken| taken.version);
        Self { given, taken }
    }
}

/// Those whom R22 would keep come first: whoever was removed last by rank; without a rank, whoever used it, the latest use
/// first, and those with equal uses in the order of the command's events.
fn in_order_of_return(draft: &Draft<'_>, taken: Vec<Taken>) -> Vec<Taken> {
    let users: Vec<UserId> = taken.iter().map(|taken| taken.user.clone()).collect();
    let now = draft.now();
    // A use later than now counts as now.
    let last_uses = draft.context().facts.last_uses(&users).into_iter().map(|used| used.map(|used| used.min(now)));
    let mut returning: Vec<(Option<Instant>, Taken)> = last_uses.zip(taken).collect();
    returning.sort_by_key(|(last_used_at, taken)| (Reverse(taken.rank), Reverse(*last_used_at), taken.version));
    returning.into_iter().map(|(_, taken)| taken).collect()
}

/// Takes a seat that is still the one that the command gave.
fn take_back(draft: &mut Draft<'_>, Given { product, user, version }: &Given) -> Result<(), Code> {
    let seat = draft.licensee().roster().seat(product, user).ok_or(Code::WithoutSeat)?;
    if seat.order != *version {
        return Err(Code::AssignedSince);
    }
    draft.remove_seat(product, user, RemovalReason::Requested);
    Ok(())
}

/// Gives a seat back on the terms of R23.
fn restore(draft: &mut Draft<'_>, Taken { product, user, .. }: &Taken) -> Result<(), Code> {
    if draft.licensee().holds(product, user) {
        return Err(Code::AlreadyAssigned);
    }
    let refused = |refusal: Refusal| refusal.code;
    known_product(draft, product).map_err(refused)?;
    let grant = open_pool(draft, product).map_err(refused)?;
    check_user(draft, product, &grant, user).map_err(refused)?;
    give(draft, product, &grant, user, AssignmentCause::Restored);
    Ok(())
}

/// What became of the users of one kind of moves.
#[derive(Default)]
struct Outcomes {
    done: Vec<UserId>,
    failed: Vec<(UserId, Code)>,
}

impl Outcomes {
    fn note(&mut self, user: UserId, outcome: Result<(), Code>) {
        match outcome {
            Ok(()) => self.done.push(user),
            Err(code) => self.failed.push((user, code)),
        }
    }
}

#[derive(Default)]
struct Undone {
    restored: Outcomes,
    removed: Outcomes,
}

impl Undone {
    fn into_report(self) -> Report {
        let mut failed = self.removed.failed;
        failed.extend(self.restored.failed);
        Report::Undone { restored: self.restored.done, removed: self.removed.done, failed }
    }
}
