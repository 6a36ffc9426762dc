//! Finding the first difference between two values, whatever they are: both in the form in which they are shown.

use serde::Serialize;
use serde_json::Value;

use crate::AuditError;

/// Where two values differ first, and how.
#[derive(Debug, PartialEq)]
pub(crate) struct Mismatch {
    /// The way to it from the outside in.
    path: Vec<String>,
    pub(crate) found: Value,
    pub(crate) expected: Value,
}

impl Mismatch {
    /// The outermost key on the way, which names a row.
    pub(crate) fn row(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }

    /// The way to it within the row.
    pub(crate) fn field_in_row(&self) -> String {
        match self.path.get(1..) {
            Some(path @ [_, ..]) => path.join("."),
            _ => "the row".to_owned(),
        }
    }

    /// The whole way to it.
    pub(crate) fn field(&self) -> String {
        if self.path.is_empty() { "the row".to_owned() } else { self.path.join(".") }
    }
}

/// A value in the form in which it is compared.
pub(crate) fn form(what: &'static str, value: &impl Serialize) -> Result<Value, AuditError> {
    serde_json::to_value(value).map_err(|source| AuditError::Form { what, source: source.into() })
}

/// The first difference: of objects in order of their keys, of lists in order.
pub(crate) fn first_mismatch(found: &Value, expected: &Value) -> Option<Mismatch> {
    if found == expected {
        return None;
    }
    let inner = match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let mut keys: Vec<&String> = found.keys().chain(expected.keys()).collect();
            keys.sort_unstable();
            let of = |key: &String| (found.get(key).cloned(), expected.get(key).cloned());
            keys.into_iter().find_map(|key| inside(key.clone(), of(key)))
        }
        (Value::Array(found), Value::Array(expected)) => {
            let of = |place: usize| (found.get(place).cloned(), expected.get(place).cloned());
            (0..found.len().max(expected.len())).find_map(|place| inside(place.to_string(), of(place)))
        }
        _ => None,
    };
    inner.or_else(|| Some(Mismatch { path: Vec::new(), found: found.clone(), expected: expected.clone() }))
}

fn inside(key: String, (found, expected): (Option<Value>, Option<Value>)) -> Option<Mismatch> {
    let (found, expected) = (found.unwrap_or_default(), expected.unwrap_or_default());
    let mut mismatch = first_mismatch(&found, &expected)?;
    mismatch.path.insert(0, key);
    Some(mismatch)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named_by_the_way_to_it() {
        let found = json!({"a": {"seats": [{"at": 1}, {"at": 2}]}, "b": 1});
        let expected = json!({"a": {"seats": [{"at": 1}, {"at": 3}]}, "b": 2});
        let mismatch = first_mismatch(&found, &expected).unwrap();
        assert_eq!((mismatch.row(), mismatch.field_in_row().as_str()), ("a", "seats.1.at"));
        assert_eq!((mismatch.found, mismatch.expected), (json!(2), json!(3)));
        assert_eq!(first_mismatch(&found, &found), None);
    }

    #[test]
    fn a_row_too_many_or_too_few_is_told_as_a_whole() {
        for (found, expected) in [(json!({"x": {"at": 1}}), json!({})), (json!({}), json!({"x": {"at": 1}}))] {
            let mismatch = first_mismatch(&found, &expected).unwrap();
            assert_eq!((mismatch.row(), mismatch.field_in_row().as_str()), ("x", "the row"));
            assert!(mismatch.found.is_null() != mismatch.expected.is_null());
        }
    }
}
