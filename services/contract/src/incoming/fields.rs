//! The fields of messages, one by one: what has to be there, and in which form.

use std::{fmt::Display, str::FromStr};

use licensing::{
    AddOnId, AssignMode, Channel, InstanceVersion, Instant, LicenseeId, Offering, PlanId, ProductId, Role,
    SubscriptionId, UserId, UserType,
};

use super::{has_at_most, malformed::Malformed, message::Inbound};
use crate::timestamp::{Timestamp, in_wire_range};

/// The longest name, user name or e-mail address, in characters.
const NAME_CHARS_MAX: usize = 1_024;
/// The longest free text, in characters.
const REASON_CHARS_MAX: usize = 4_096;

const PARTY_ID_FORM: &str = "1 to 128 of A-Z a-z 0-9 . _ : -";

/// Takes the fields of one kind of message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    type_name: &'static str,
}

impl Fields {
    pub(super) const fn of<M: Inbound>() -> Self {
        Self { type_name: M::TYPE_NAME }
    }

    /// A field that has to be there.
    pub(super) fn required<T, U>(
        self,
        field: &'static str,
        value: Option<T>,
        parse: impl FnOnce(&'static str, T) -> Result<U, Malformed>,
    ) -> Result<U, Malformed> {
        let value = value.ok_or(Malformed::MissingField { field, type_name: self.type_name })?;
        parse(field, value)
    }

    /// A field that may be absent.
    pub(super) fn optional<T, U>(
        self,
        field: &'static str,
        value: Option<T>,
        parse: impl FnOnce(&'static str, T) -> Result<U, Malformed>,
    ) -> Result<Option<U>, Malformed> {
        value.map(|value| parse(field, value)).transpose()
    }
}

/// A number: whether it is a possible one, the domain judges by a code of its own.
pub(super) fn number(_: &'static str, number: i64) -> Result<i64, Malformed> {
    Ok(number)
}

/// A plan: whether there is such a one, the domain judges by a code of its own.
pub(super) fn plan(_: &'static str, text: String) -> Result<PlanId, Malformed> {
    Ok(PlanId::new(&text))
}

/// An add-on, judged as a plan is.
pub(super) fn add_on(_: &'static str, text: String) -> Result<AddOnId, Malformed> {
    Ok(AddOnId::new(&text))
}

/// A product, judged as a plan is.
pub(super) fn product(_: &'static str, text: String) -> Result<ProductId, Malformed> {
    Ok(ProductId::new(&text))
}

pub(super) fn licensee(field: &'static str, text: String) -> Result<LicenseeId, Malformed> {
    LicenseeId::parse(&text).map_err(|_| invalid(field, PARTY_ID_FORM))
}

pub(super) fn user(field: &'static str, text: String) -> Result<UserId, Malformed> {
    UserId::parse(&text).map_err(|_| invalid(field, PARTY_ID_FORM))
}

/// A list of users, as sent: its length is for the domain.
pub(super) fn users(field: &'static str, texts: Vec<String>) -> Result<Vec<UserId>, Malformed> {
    texts.into_iter().map(|text| user(field, text)).collect()
}

pub(super) fn subscription(field: &'static str, text: String) -> Result<SubscriptionId, Malformed> {
    SubscriptionId::parse(&text).map_err(|_| invalid(field, "1 to 255 characters"))
}

pub(super) fn version(field: &'static str, text: String) -> Result<InstanceVersion, Malformed> {
    text.parse().map_err(|_| invalid(field, "one to four numbers with dots between them, such as 17.5.2"))
}

/// A time: years 1 to 9999, cut to the microsecond.
pub(super) fn instant(field: &'static str, timestamp: Timestamp) -> Result<Instant, Malformed> {
    let instant = timestamp.to_instant().and_then(in_wire_range);
    instant.ok_or_else(|| invalid(field, "a time in the years 1 to 9999"))
}

/// A name, user name or e-mail address.
pub(super) fn name(field: &'static str, text: String) -> Result<String, Malformed> {
    at_most(NAME_CHARS_MAX, field, text)
}

/// A free text.
pub(super) fn reason(field: &'static str, text: String) -> Result<String, Malformed> {
    at_most(REASON_CHARS_MAX, field, text)
}

fn at_most(chars_max: usize, field: &'static str, text: String) -> Result<String, Malformed> {
    if has_at_most(chars_max, &text) {
        return Ok(text);
    }
    Err(invalid(field, format!("at most {chars_max} characters")))
}

/// One of the fixed words of a kind.
pub(super) fn word<W: Word>(field: &'static str, text: String) -> Result<W, Malformed> {
    text.parse().map_err(|_| {
        let known: Vec<_> = W::ALL.iter().map(W::to_string).collect();
        invalid(field, format!("one of {}", known.join(", ")))
    })
}

fn invalid(field: &'static str, expected: impl Into<String>) -> Malformed {
    Malformed::InvalidField { field, expected: expected.into() }
}

/// A kind of fixed words.
pub(super) trait Word: FromStr + Display + 'static {
    /// Every word of the kind.
    const ALL: &'static [Self];
}

macro_rules! words {
    ($($word:ty),+) => {
        $(impl Word for $word {
            const ALL: &'static [Self] = <$word>::ALL;
        })+
    };
}

words!(AssignMode, Channel, Offering, Role, UserType);
