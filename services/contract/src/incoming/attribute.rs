//! One attribute of a CloudEvent, whatever it holds.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// An attribute. One of the wrong kind doesn't make the others unreadable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Attribute<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    /// Something else: a number, a list, bytes that are no UTF-8.
    NoText,
}

impl<'a> Attribute<'a> {
    pub(super) fn from_utf8(bytes: &'a [u8]) -> Self {
        str::from_utf8(bytes).map_or(Attribute::NoText, |text| Attribute::Text(Cow::Borrowed(text)))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Attribute::Text(text) => Some(text),
            Attribute::Absent | Attribute::NoText => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Attribute<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AttributeVisitor)
    }
}

struct AttributeVisitor;

impl<'de> Visitor<'de> for AttributeVisitor {
    type Value = Attribute<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an attribute")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Attribute<'de>, E> {
        Ok(Attribute::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Attribute<'de>, E> {
        Ok(Attribute::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Attribute<'de>, E> {
        Ok(Attribute::Absent)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Attribute<'de>, E> {
        Ok(Attribute::NoText)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Attribute<'de>, E> {
        Ok(Attribute::NoText)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Attribute<'de>, E> {
        Ok(Attribute::NoText)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Attribute<'de>, E> {
        Ok(Attribute::NoText)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Attribute<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Attribute::NoText)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Attribute<'de>, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Attribute::NoText)
    }
}
