//! Who would gain or lose a seat, when all is done.

use std::collections::BTreeMap;

use licensing::{Event, LicenseeId, ProductId, UserId};

/// Whose seat, of what, with whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SeatOf {
    pub(super) licensee: LicenseeId,
    pub(super) product: ProductId,
    pub(super) user: UserId,
}

/// What happened to a seat on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    was_held: bool,
    is_held: bool,
    /// Why it was given or taken last.
    reason: &'static str,
}

/// What a seat comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Gained,
    Lost,
}

impl Change {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Gained => "gained",
            Self::Lost => "lost",
        }
    }
}

/// The seats that were given and taken.
#[derive(Debug, Default)]
pub(super) struct SeatChanges(BTreeMap<SeatOf, Way>);

impl SeatChanges {
    pub(super) fn note(&mut self, licensee: &LicenseeId, event: &Event) {
        let (user, product, is_held, reason) = match event {
            Event::SeatAssigned { user, product, cause, .. } => (user, product, true, cause.as_str()),
            Event::SeatRemoved { user, product, reason, .. } => (user, product, false, reason.as_str()),
            _ => return,
        };
        let seat = SeatOf { licensee: licensee.clone(), product: product.clone(), user: user.clone() };
        let way = self.0.entry(seat).or_insert(Way { was_held: !is_held, is_held, reason });
        *way = Way { is_held, reason, ..*way };
    }

    /// Those whose holder has changed when all is done, with the last reason; in order.
    pub(super) fn in_the_end(&self) -> impl Iterator<Item = (&SeatOf, Change, &'static str)> {
        self.0.iter().filter_map(|(seat, way)| match (way.was_held, way.is_held) {
            (false, true) => Some((seat, Change::Gained, way.reason)),
            (true, false) => Some((seat, Change::Lost, way.reason)),
            (true, true) | (false, false) => None,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use licensing::{AddOnId, AssignmentCause, RemovalReason};

    use super::*;

    #[test]
    fn what_comes_and_goes_is_no_change_in_the_end() {
        let licensee = LicenseeId::parse("acme").unwrap();
        let product = ProductId::new("duo");
        let user = |name: &str| UserId::parse(name).unwrap();
        let given = |name: &str| Event::SeatAssigned {
            user: user(name),
            product: product.clone(),
            add_on: AddOnId::new("duo_pro"),
            cause: AssignmentCause::Requested,
        };
        let taken = |name: &str, reason| Event::SeatRemoved {
            user: user(name),
            product: product.clone(),
            reason,
            evidence: None,
        };
        let mut changes = SeatChanges::default();
        for event in [
            given("gains"),
            given("comes-and-goes"),
            taken("comes-and-goes", RemovalReason::Requested),
            taken("goes-and-comes", RemovalReason::Requested),
            given("goes-and-comes"),
            taken("loses", RemovalReason::Requested),
            given("loses"),
            taken("loses", RemovalReason::Overage),
        ] {
            changes.note(&licensee, &event);
        }
        let found: Vec<_> =
            changes.in_the_end().map(|(seat, change, reason)| (seat.user.as_str(), change, reason)).collect();
        assert_eq!(found, [("gains", Change::Gained, "requested"), ("loses", Change::Lost, "overage")]);
    }
}
