//! Events of seats, to and from the wire.

use licensing::{AddOnId, AssignmentCause, Event, OverageEvidence, ProductId, RemovalReason, UserId};

use super::fields::{self, FieldError};
use crate::{borrowed::licensing as borrowed, proto::licensing as wire, timestamp::Timestamp};

pub(super) fn assigned(
    licensee: String,
    user: &UserId,
    product: &ProductId,
    add_on: &AddOnId,
    cause: AssignmentCause,
) -> wire::SeatAssigned {
    wire::SeatAssigned {
        licensee,
        user: user.as_str().into(),
        product: product.as_str().into(),
        add_on: add_on.as_str().into(),
        cause: cause.as_str().into(),
    }
}

impl TryFrom<borrowed::SeatAssigned<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SeatAssigned<'_>) -> Result<Self, FieldError> {
        Ok(Event::SeatAssigned {
            user: fields::user(message.user)?,
            product: fields::product(message.product)?,
            add_on: fields::add_on(message.add_on)?,
            cause: fields::parsed("cause", message.cause)?,
        })
    }
}

pub(super) fn removed(
    licensee: String,
    user: &UserId,
    product: &ProductId,
    reason: RemovalReason,
    evidence: Option<&OverageEvidence>,
) -> wire::SeatRemoved {
    wire::SeatRemoved {
        licensee,
        user: user.as_str().into(),
        product: product.as_str().into(),
        reason: reason.as_str().into(),
        rank: evidence.map(|evidence| evidence.rank),
        last_used_at: evidence.and_then(|evidence| evidence.last_used_at).map(Timestamp::from),
    }
}

impl TryFrom<borrowed::SeatRemoved<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SeatRemoved<'_>) -> Result<Self, FieldError> {
        let reason = fields::parsed("reason", message.reason)?;
        Ok(Event::SeatRemoved {
            user: fields::user(message.user)?,
            product: fields::product(message.product)?,
            reason,
            evidence: evidence(reason, message.rank, message.last_used_at)?,
        })
    }
}

/// An overage comes with its evidence, and no other reason does (R22).
fn evidence(
    reason: RemovalReason,
    rank: Option<u32>,
    last_used_at: Option<Timestamp>,
) -> Result<Option<OverageEvidence>, FieldError> {
    let last_used_at = fields::optional_instant("last_used_at", last_used_at)?;
    match (reason, rank, last_used_at) {
        (RemovalReason::Overage, Some(rank), last_used_at) => Ok(Some(OverageEvidence { rank, last_used_at })),
        (RemovalReason::Overage, None, _) => Err(FieldError::Missing { field: "rank" }),
        (_, None, None) => Ok(None),
        (_, Some(_), _) => Err(FieldError::Unexpected { field: "rank" }),
        (_, None, Some(_)) => Err(FieldError::Unexpected { field: "last_used_at" }),
    }
}

impl TryFrom<borrowed::SeatsRetained<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SeatsRetained<'_>) -> Result<Self, FieldError> {
        Ok(Event::SeatsRetained {
            product: fields::product(message.product)?,
            add_on: fields::add_on(message.add_on)?,
            trial: message.trial,
            quantity: message.quantity,
            seats: message.seats,
            grace_ends_at: fields::instant("grace_ends_at", message.grace_ends_at)?,
        })
    }
}

pub(super) fn restored(licensee: String, product: &ProductId, add_on: &AddOnId, seats: u32) -> wire::SeatsRestored {
    wire::SeatsRestored { licensee, product: product.as_str().into(), add_on: add_on.as_str().into(), seats }
}

impl TryFrom<borrowed::SeatsRestored<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SeatsRestored<'_>) -> Result<Self, FieldError> {
        Ok(Event::SeatsRestored {
            product: fields::product(message.product)?,
            add_on: fields::add_on(message.add_on)?,
            seats: message.seats,
        })
    }
}
