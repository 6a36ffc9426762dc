//! The fields of stored events, one by one. They were checked when they were written, so a fault is damage or the work
//! of a newer version.

use std::{error::Error, fmt::Display, str::FromStr};

use licensing::{AddOnId, Instant, PlanId, ProductId, Seats, SubscriptionId, UserId};

use crate::timestamp::Timestamp;

/// What is wrong with a field of a stored event.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    /// It is not there.
    #[error("the field {field} is missing")]
    Missing {
        /// Which.
        field: &'static str,
    },
    /// It is there, and nothing else in the event allows it.
    #[error("the field {field} does not belong to this event")]
    Unexpected {
        /// Which.
        field: &'static str,
    },
    /// It doesn't hold what it should.
    #[error("the field {field} is not valid")]
    Invalid {
        /// Which.
        field: &'static str,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It holds a time that can't be.
    #[error("the field {field} is not a possible time")]
    Time {
        /// Which.
        field: &'static str,
    },
}

fn invalid<E: Error + Send + Sync + 'static>(field: &'static str) -> impl FnOnce(E) -> FieldError {
    move |source| FieldError::Invalid { field, source: Box::new(source) }
}

/// A word, an id of a party or a version.
pub(super) fn parsed<T: FromStr>(field: &'static str, text: &str) -> Result<T, FieldError>
where
    T::Err: Error + Send + Sync + 'static,
{
    text.parse().map_err(invalid(field))
}

pub(super) fn optional<T: FromStr>(field: &'static str, text: Option<&str>) -> Result<Option<T>, FieldError>
where
    T::Err: Error + Send + Sync + 'static,
{
    text.map(|text| parsed(field, text)).transpose()
}

pub(super) fn user(text: &str) -> Result<UserId, FieldError> {
    parsed("user", text)
}

pub(super) fn subscription(text: &str) -> Result<SubscriptionId, FieldError> {
    SubscriptionId::parse(text).map_err(invalid("subscription"))
}

pub(super) fn plan(text: &str) -> Result<PlanId, FieldError> {
    present("plan", text).map(PlanId::new)
}

pub(super) fn product(text: &str) -> Result<ProductId, FieldError> {
    present("product", text).map(ProductId::new)
}

pub(super) fn add_on(text: &str) -> Result<AddOnId, FieldError> {
    present("add_on", text).map(AddOnId::new)
}

/// Outside of lists, protobuf writes an empty text and an absent one alike.
pub(super) fn present<'a>(field: &'static str, text: &'a str) -> Result<&'a str, FieldError> {
    if text.is_empty() { Err(FieldError::Missing { field }) } else { Ok(text) }
}

pub(super) fn seats(field: &'static str, number: u32) -> Result<Seats, FieldError> {
    Seats::at_least_one(number.into()).map_err(invalid(field))
}

pub(super) fn instant(field: &'static str, timestamp: Option<Timestamp>) -> Result<Instant, FieldError> {
    optional_instant(field, timestamp)?.ok_or(FieldError::Missing { field })
}

pub(super) fn optional_instant(
    field: &'static str,
    timestamp: Option<Timestamp>,
) -> Result<Option<Instant>, FieldError> {
    timestamp.map(|timestamp| timestamp.to_instant().ok_or(FieldError::Time { field })).transpose()
}

pub(super) fn texts<T: Display>(items: &[T]) -> Vec<String> {
    items.iter().map(T::to_string).collect()
}
