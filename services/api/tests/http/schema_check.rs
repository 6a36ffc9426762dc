//! Holds answers against the OpenAPI document: every member that is answered is described, and as it is described.

use std::sync::LazyLock;

use axum::http::Method;
use serde_json::Value;

use crate::reply::Reply;

pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(api::openapi()).unwrap());

/// Checks an answer; routes that are not in the document, and answers that are no JSON, are others' task.
#[track_caller]
pub fn check_against_document(method: &Method, path: &str, reply: &Reply) {
    let Some(operation) = operation(method, path) else { return };
    let media_type = reply.header("content-type").unwrap_or_default();
    if !media_type.ends_with("json") || path == "/openapi.json" {
        return;
    }
    let responses = &operation["responses"];
    let response = responses.get(reply.status.as_str()).unwrap_or(&responses["default"]);
    let schema = &response["content"][media_type]["schema"];
    assert!(schema.is_object(), "{method} {path} answers {} {media_type} without a schema", reply.status);
    if let Err(why) = fits(&reply.json(), schema) {
        panic!("{method} {path} does not answer as described: {why}\n{}", String::from_utf8_lossy(&reply.body));
    }
}

fn operation<'a>(method: &Method, path: &str) -> Option<&'a Value> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    // A path without parameters goes before one with.
    let item =
        paths.get(path).or_else(|| paths.iter().find(|(pattern, _)| is_like(pattern, path)).map(|(_, item)| item))?;
    item.get(method.as_str().to_lowercase())
}

fn is_like(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len() && pattern.iter().zip(path).all(|(is, was)| is.starts_with('{') || *is == was)
}

fn fits(value: &Value, schema: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        return fits(value, &DOCUMENT["components"]["schemas"][name]);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let errors: Vec<String> = choices.iter().filter_map(|choice| fits(value, choice).err()).collect();
        return if errors.len() < choices.len() { Ok(()) } else { Err(errors.join("; ")) };
    }
    if !types(schema).iter().any(|kind| is_of(value, kind)) {
        return Err(format!("{value} is none of {}", schema["type"]));
    }
    if let Some(words) = schema["enum"].as_array() {
        return if words.contains(value) { Ok(()) } else { Err(format!("{value} is not among {words:?}")) };
    }
    if schema["format"] == "date-time" && !value.is_null() {
        let text = value.as_str().unwrap();
        let is_utc = text.ends_with('Z') && text.parse::<licensing::Instant>().is_ok();
        return if is_utc { Ok(()) } else { Err(format!("{value} is no time in UTC")) };
    }
    match value {
        Value::Object(members) => members_fit(members, schema),
        Value::Array(items) => items.iter().try_for_each(|item| fits(item, &schema["items"])),
        _ => Ok(()),
    }
}

fn members_fit(members: &serde_json::Map<String, Value>, schema: &Value) -> Result<(), String> {
    let described = schema["properties"].as_object();
    if let Some(missing) =
        schema["required"].as_array().into_iter().flatten().find(|name| !members.contains_key(name.as_str().unwrap()))
    {
        return Err(format!("{missing} is missing"));
    }
    for (name, value) in members {
        let schema =
            described.and_then(|properties| properties.get(name)).or_else(|| schema.get("additionalProperties"));
        match schema {
            Some(schema) => fits(value, schema).map_err(|why| format!("{name}: {why}"))?,
            // The data of an event is described by its type only.
            None if described.is_none() => {}
            None => return Err(format!("{name} is not described")),
        }
    }
    Ok(())
}

fn types(schema: &Value) -> Vec<String> {
    match &schema["type"] {
        Value::String(kind) => vec![kind.clone()],
        Value::Array(kinds) => kinds.iter().map(|kind| kind.as_str().unwrap().to_owned()).collect(),
        _ => panic!("a schema without a type: {schema}"),
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("type {other:?} is not known here"),
    }
}

#[test]
fn what_is_not_described_does_not_fit() {
    let fits_timer = |value: Value| fits(&value, &serde_json::json!({"$ref": "#/components/schemas/Timer"}));
    let timer = serde_json::json!({"licensee": "acme", "kind": "sync_due", "due_at": "2025-01-01T00:00:00Z"});
    assert_eq!(fits_timer(timer.clone()), Ok(()));
    for (name, value) in
        [("more", Value::Null), ("kind", "other".into()), ("due_at", "2025-01-01T00:00:00+00:00".into())]
    {
        let mut wrong = timer.clone();
        wrong[name] = value;
        assert!(fits_timer(wrong).is_err(), "{name}");
    }
    assert!(fits_timer(serde_json::json!({"licensee": "acme"})).is_err());
}
