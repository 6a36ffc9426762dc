//! How JSON is read into the generated types: what protobuf's canonical JSON allows, and plain lists of add-ons.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer, value::SeqAccessDeserializer},
};

use crate::proto::billing::{AddOn, AddOnList};

/// The largest whole number up to which a double holds each one.
const EXACT_DOUBLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Reads a message from a JSON object; `None` for what is none, or not this message's.
///
/// UTF-8 is checked once over the whole, which is cheaper than string by string.
pub(crate) fn from_object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    let text = str::from_utf8(bytes).ok()?;
    serde_json::from_str::<AsObject<T>>(text).ok().map(|object| object.0)
}

/// A message read from a JSON object only: serde's derive would take a list of the fields' values as well.
struct AsObject<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for AsObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = AsObject<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<AsObject<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(AsObject)
    }
}

/// A list; `null` is an empty one.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A list of messages; `null` is an empty one.
pub(crate) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let objects: Vec<AsObject<T>> = list(deserializer)?;
    Ok(objects.into_iter().map(|object| object.0).collect())
}

/// A whole number, or the decimal text of one; `null` is absent.
pub(crate) fn optional_int64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let number: Option<Int64> = Option::deserialize(deserializer)?;
    Ok(number.map(|number| number.0))
}

struct Int64(i64);

impl<'de> Deserialize<'de> for Int64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Int64Visitor)
    }
}

struct Int64Visitor;

impl Visitor<'_> for Int64Visitor {
    type Value = Int64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of 64 bits")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Int64, E> {
        Ok(Int64(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Int64, E> {
        i64::try_from(number).map(Int64).map_err(|_| E::custom("more than 64 bits"))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Int64, E> {
        if number.fract() != 0.0 || number.abs() > EXACT_DOUBLE_MAX {
            return Err(E::custom("not a whole number"));
        }
        Ok(Int64(number as i64))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Int64, E> {
        let number = text.parse().ok().filter(|_| !text.starts_with('+'));
        number.map(Int64).ok_or_else(|| E::custom("not the decimal text of a whole number"))
    }
}

/// `{"items":[…]}` or a plain list; `null` is absent.
pub(crate) fn optional_add_on_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AddOnList>, D::Error> {
    let list: Option<AnyAddOnList> = Option::deserialize(deserializer)?;
    Ok(list.map(|list| list.0))
}

struct AnyAddOnList(AddOnList);

impl<'de> Deserialize<'de> for AnyAddOnList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AddOnListVisitor)
    }
}

struct AddOnListVisitor;

impl<'de> Visitor<'de> for AddOnListVisitor {
    type Value = AnyAddOnList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of add-ons, or an object with `items`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<AnyAddOnList, A::Error> {
        let objects: Vec<AsObject<AddOn>> = Vec::deserialize(SeqAccessDeserializer::new(items))?;
        let items = objects.into_iter().map(|object| object.0).collect();
        Ok(AnyAddOnList(AddOnList { items }))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<AnyAddOnList, A::Error> {
        AddOnList::deserialize(MapAccessDeserializer::new(fields)).map(AnyAddOnList)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::proto::billing::{SeatQuantityChanged, SubscriptionRenewed};

    fn quantity(json: &str) -> Result<Option<i64>, serde_json::Error> {
        serde_json::from_str::<SeatQuantityChanged>(&format!(r#"{{"quantity":{json}}}"#)).map(|read| read.quantity)
    }

    #[test]
    fn a_whole_number_may_be_a_number_or_its_decimal_text() {
        for (json, number) in
            [("50", 50), ("\"50\"", 50), ("-3", -3), ("\"-3\"", -3), ("0", 0), ("5e1", 50), ("50.0", 50)]
        {
            assert_eq!(quantity(json).unwrap(), Some(number), "{json}");
        }
        assert_eq!(quantity("\"9223372036854775807\"").unwrap(), Some(i64::MAX));
        assert_eq!(quantity("null").unwrap(), None);
    }

    #[test]
    fn what_is_no_whole_number_is_refused() {
        for bad in
            ["1.5", "\"x\"", "\"\"", "\"1.0\"", "\"+1\"", "\" 1\"", "true", "[]", "{}", "1e30", "9223372036854775808"]
        {
            assert!(quantity(bad).is_err(), "{bad} was taken");
        }
    }

    fn add_ons(json: &str) -> Result<Option<usize>, serde_json::Error> {
        let read = serde_json::from_str::<SubscriptionRenewed>(&format!(r#"{{"add_ons":{json}}}"#))?;
        Ok(read.add_ons.map(|list| list.items.len()))
    }

    #[test]
    fn r4_an_absent_list_of_add_ons_and_an_empty_one_differ_in_every_form() {
        for (json, count) in [
            ("null", None),
            ("[]", Some(0)),
            ("{}", Some(0)),
            (r#"{"items":[]}"#, Some(0)),
            (r#"{"items":null}"#, Some(0)),
            (r#"[{"add_on":"duo_pro","quantity":1}]"#, Some(1)),
            (r#"{"items":[{"add_on":"duo_pro","quantity":"1"}]}"#, Some(1)),
        ] {
            assert_eq!(add_ons(json).unwrap(), count, "{json}");
        }
        for bad in ["5", "\"\"", "[null]", "[[\"duo_pro\",1]]", r#"{"items":{}}"#] {
            assert!(add_ons(bad).is_err(), "{bad} was taken");
        }
    }
}
