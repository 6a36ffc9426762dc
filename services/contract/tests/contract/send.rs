//! Sends one message in each form that it may come in.

use base64::{Engine, prelude::BASE64_STANDARD};
use contract::incoming::{Incoming, from_binary, from_json};
use serde_json::{Value, json};

pub const SOURCE: &str = "/sender";
pub const ID: &str = "m-1";
pub const TIME: &str = "2024-03-01T08:00:00Z";

/// A CloudEvent in the JSON format.
pub fn envelope(type_name: &str, data: Value) -> Value {
    json!({
        "specversion": "1.0",
        "source": SOURCE,
        "id": ID,
        "type": type_name,
        "time": TIME,
        "datacontenttype": "application/json",
        "data": data,
    })
}

pub fn structured(type_name: &str, data: Value) -> Incoming {
    from_json(envelope(type_name, data).to_string().as_bytes())
}

/// The same, with protobuf inside.
pub fn structured_base64(type_name: &str, protobuf: &[u8]) -> Incoming {
    let mut event = envelope(type_name, Value::Null);
    event["datacontenttype"] = json!("application/protobuf");
    event["data_base64"] = json!(BASE64_STANDARD.encode(protobuf));
    from_json(event.to_string().as_bytes())
}

pub fn binary_json(type_name: &str, data: &Value) -> Incoming {
    binary(type_name, "application/json", data.to_string().as_bytes())
}

pub fn binary_protobuf(type_name: &str, protobuf: &[u8]) -> Incoming {
    binary(type_name, "application/protobuf", protobuf)
}

pub fn binary(type_name: &str, content_type: &str, body: &[u8]) -> Incoming {
    from_binary(&headers(type_name, content_type), Some(body))
}

pub fn headers(type_name: &str, content_type: &str) -> Vec<(String, Vec<u8>)> {
    [
        ("ce_specversion", "1.0"),
        ("ce_source", SOURCE),
        ("ce_id", ID),
        ("ce_type", type_name),
        ("ce_time", TIME),
        ("content-type", content_type),
    ]
    .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
    .to_vec()
}
