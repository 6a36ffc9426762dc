//! Events of purchases and trials, to and from the wire.

use licensing::{AddOnChanged, AddOnId, Event, LedgerScope, ProductId, SeatsPurchased, TrialStarted};

use super::fields::{self, FieldError};
use crate::{borrowed::licensing as borrowed, proto::licensing as wire};

pub(super) fn purchased(licensee: String, event: &SeatsPurchased) -> wire::SeatsPurchased {
    wire::SeatsPurchased {
        licensee,
        product: event.product.as_str().into(),
        add_on: event.add_on.as_str().into(),
        quantity: event.quantity.get(),
        total: event.total.get(),
        channel: event.channel.as_str().into(),
    }
}

impl TryFrom<borrowed::SeatsPurchased<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SeatsPurchased<'_>) -> Result<Self, FieldError> {
        Ok(Event::SeatsPurchased(SeatsPurchased {
            product: fields::product(message.product)?,
            add_on: fields::add_on(message.add_on)?,
            quantity: fields::seats("quantity", message.quantity)?,
            total: fields::seats("total", message.total)?,
            channel: fields::parsed("channel", message.channel)?,
        }))
    }
}

pub(super) fn quantity_changed(
    licensee: String,
    product: &ProductId,
    add_on: &AddOnId,
    quantity: u32,
) -> wire::SeatQuantityChanged {
    wire::SeatQuantityChanged { licensee, product: product.as_str().into(), add_on: add_on.as_str().into(), quantity }
}

impl TryFrom<borrowed::SeatQuantityChanged<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::SeatQuantityChanged<'_>) -> Result<Self, FieldError> {
        Ok(Event::SeatQuantityChanged {
            product: fields::product(message.product)?,
            add_on: fields::add_on(message.add_on)?,
            quantity: message.quantity,
        })
    }
}

pub(super) fn changed(licensee: String, event: &AddOnChanged) -> wire::AddOnChanged {
    wire::AddOnChanged {
        licensee,
        product: event.product.as_str().into(),
        from: event.from.as_str().into(),
        add_on: event.add_on.as_str().into(),
        quantity: event.quantity.get(),
        channel: event.channel.as_str().into(),
    }
}

impl TryFrom<borrowed::AddOnChanged<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::AddOnChanged<'_>) -> Result<Self, FieldError> {
        Ok(Event::AddOnChanged(AddOnChanged {
            product: fields::product(message.product)?,
            from: fields::present("from", message.from).map(AddOnId::new)?,
            add_on: fields::add_on(message.add_on)?,
            quantity: fields::seats("quantity", message.quantity)?,
            channel: fields::parsed("channel", message.channel)?,
        }))
    }
}

pub(super) fn trial_started(licensee: String, event: &TrialStarted) -> wire::TrialStarted {
    wire::TrialStarted {
        licensee,
        product: event.product.as_str().into(),
        add_on: event.add_on.as_str().into(),
        seats: event.seats.get(),
        ends_at: Some(event.ends_at.into()),
        started_by: event.started_by.as_ref().map(|user| user.as_str().into()),
    }
}

impl TryFrom<borrowed::TrialStarted<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::TrialStarted<'_>) -> Result<Self, FieldError> {
        Ok(Event::TrialStarted(TrialStarted {
            product: fields::product(message.product)?,
            add_on: fields::add_on(message.add_on)?,
            seats: fields::seats("seats", message.seats)?,
            ends_at: fields::instant("ends_at", message.ends_at)?,
            started_by: fields::optional("started_by", message.started_by)?,
        }))
    }
}

pub(super) fn trial_converted(
    licensee: String,
    ledger: LedgerScope,
    product: &ProductId,
    add_on: &AddOnId,
) -> wire::TrialConverted {
    wire::TrialConverted {
        licensee,
        ledger: ledger.as_str().into(),
        product: product.as_str().into(),
        add_on: add_on.as_str().into(),
    }
}

impl TryFrom<borrowed::TrialConverted<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::TrialConverted<'_>) -> Result<Self, FieldError> {
        Ok(Event::TrialConverted {
            ledger: fields::parsed("ledger", message.ledger)?,
            product: fields::product(message.product)?,
            add_on: fields::add_on(message.add_on)?,
        })
    }
}

pub(super) fn trial_expired(
    licensee: String,
    ledger: LedgerScope,
    product: &ProductId,
    add_on: &AddOnId,
) -> wire::TrialExpired {
    wire::TrialExpired {
        licensee,
        ledger: ledger.as_str().into(),
        product: product.as_str().into(),
        add_on: add_on.as_str().into(),
    }
}

impl TryFrom<borrowed::TrialExpired<'_>> for Event {
    type Error = FieldError;

    fn try_from(message: borrowed::TrialExpired<'_>) -> Result<Self, FieldError> {
        Ok(Event::TrialExpired {
            ledger: fields::parsed("ledger", message.ledger)?,
            product: fields::product(message.product)?,
            add_on: fields::add_on(message.add_on)?,
        })
    }
}
