//! A JSON object as the body of a request.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::content_type::{media_type, unsupported};
use crate::problem::Problem;

const JSON: &str = "application/json";

/// A JSON object, read, and what it says: the same however it was written (R34).
pub(crate) struct JsonBody<T> {
    pub(crate) value: T,
    pub(crate) content: Vec<u8>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if media_type(request.headers()) != JSON {
            return Err(unsupported(JSON));
        }
        let raw = Bytes::from_request(request, state).await?;
        let value = read_object(&raw)?;
        Ok(Self { value, content: content_of(&raw) })
    }
}

fn read_object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A list would be read as the fields of an object in their order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::malformed("the body is not a JSON object: send one"));
    }
    serde_json::from_slice(bytes).map_err(|error| Problem::malformed(format!("the body does not fit: {error}")))
}

/// A JSON text in one form, without spaces and with the keys of objects in order; one that has none as it was sent, such as
/// with a number that is too large.
fn content_of(bytes: &[u8]) -> Vec<u8> {
    let one_form = serde_json::from_slice::<Value>(bytes).and_then(|value| serde_json::to_vec(&value));
    one_form.unwrap_or_else(|_| bytes.to_vec())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Shape {
        version: String,
    }

    #[test]
    fn an_object_of_the_shape_is_read_and_what_is_unknown_ignored() {
        let shape: Shape = read_object(br#" {"version":"17.5","more":[1,{}]} "#).unwrap();
        assert_eq!(shape.version, "17.5");
    }

    #[test]
    fn the_same_says_the_same_however_it_is_written() {
        let content = content_of(br#"{"mode":"best_effort","users":["u-1","u-2"]}"#);
        assert_eq!(content_of(br#" { "users": ["u-1", "\u0075-2"], "mode": "best_effort" } "#), content);
        for other in [r#"{"mode":"best_effort","users":["u-2","u-1"]}"#, r#"{"users":["u-1","u-2"]}"#, "{}"] {
            assert_ne!(content_of(other.as_bytes()), content, "{other}");
        }
        assert_eq!(content_of(b"{\"a\": 1e400}"), b"{\"a\": 1e400}");
    }

    #[test]
    fn what_is_no_object_of_the_shape_is_refused() {
        let deep = format!("{{\"version\":\"17\",\"more\":{}", "[".repeat(100_000));
        for bad in
            ["", " ", "null", "[\"17.5\"]", "\"17.5\"", "{", "{}", "{\"version\":17}", "{\"version\":\"17\"}x", &deep]
        {
            assert!(read_object::<Shape>(bad.as_bytes()).is_err(), "{bad:.40} was taken");
        }
        assert!(read_object::<Shape>(b"{\"version\":\"\xff\"}").is_err());
    }
}
