//! The attributes of an event: which have to be there, and what stays readable when one isn't.

use contract::incoming::{Incoming, TYPE_NAME_CHARS_MAX, from_binary, from_json, is_json_object};
use licensing::Code;
use serde_json::{Value, json};

use crate::{messages::instant, send};

const TYPE: &str = "usher.directory.v1.MemberRemoved";

fn event() -> Value {
    send::envelope(TYPE, json!({"licensee": "acme", "user": "u-1"}))
}

fn read(event: &Value) -> Incoming {
    from_json(event.to_string().as_bytes())
}

fn code(incoming: &Incoming) -> Option<Code> {
    incoming.request.as_ref().err().map(|refusal| refusal.code)
}

#[test]
fn each_attribute_has_to_be_there_and_is_named() {
    for name in ["specversion", "source", "id", "type", "time"] {
        for bad in [None, Some(json!(null)), Some(json!("")), Some(json!(1)), Some(json!([{}])), Some(json!({"a": 1}))]
        {
            let mut event = event();
            match &bad {
                Some(bad) => event[name] = bad.clone(),
                None => _ = event.as_object_mut().unwrap().remove(name),
            }
            let incoming = read(&event);
            assert_eq!(code(&incoming), Some(Code::MalformedEvent), "{name} {bad:?}");
            assert!(incoming.request.unwrap_err().detail.contains(&format!("the attribute {name}")), "{name} {bad:?}");
            assert_eq!(incoming.key.is_some(), !["source", "id"].contains(&name), "{name} {bad:?}");
            assert_eq!(incoming.named_licensee.map(|id| id.to_string()).as_deref(), Some("acme"));
        }
        let header = format!("ce_{name}");
        let headers: Vec<_> =
            send::headers(TYPE, "application/json").into_iter().filter(|(n, _)| *n != header).collect();
        let incoming = from_binary(&headers, Some(br#"{"licensee":"acme","user":"u-1"}"#));
        assert_eq!(code(&incoming), Some(Code::MalformedEvent), "{header}");
    }
}

#[test]
fn other_versions_and_times_are_malformed() {
    for (name, bad) in [("specversion", "0.3"), ("specversion", "1"), ("time", "today"), ("time", "2024-03-01")] {
        let mut event = event();
        event[name] = json!(bad);
        assert_eq!(code(&read(&event)), Some(Code::MalformedEvent), "{name} {bad}");
    }
}

#[test]
fn the_time_is_utc_to_the_microsecond() {
    let mut event = event();
    event["time"] = json!("2024-03-01T01:30:00.0000019+02:00");
    assert_eq!(read(&event).time, Some(instant("2024-02-29T23:30:00.000001Z")));
}

#[test]
fn source_and_id_are_at_most_255_characters() {
    for name in ["source", "id"] {
        let mut event = event();
        event[name] = json!("ü".repeat(255));
        assert_eq!(code(&read(&event)), None);
        event[name] = json!("ü".repeat(256));
        let incoming = read(&event);
        assert_eq!((code(&incoming), incoming.key), (Some(Code::MalformedEvent), None));
    }
}

#[test]
fn an_unknown_type_is_told_after_the_attributes_are_fine() {
    for unknown in ["usher.directory.v1.MemberPromoted", "MemberRemoved", "usher.licensing.v1.SeatAssigned", "x"] {
        let mut event = event();
        event["type"] = json!(unknown);
        let incoming = read(&event);
        assert_eq!(code(&incoming), Some(Code::UnknownEventType), "{unknown}");
        assert_eq!(incoming.named_licensee.map(|id| id.to_string()).as_deref(), Some("acme"));
        event["time"] = json!(null);
        assert_eq!(code(&read(&event)), Some(Code::MalformedEvent), "{unknown}");
    }
    let incoming = send::structured(&"x".repeat(10_000), json!({}));
    assert_eq!(incoming.type_name.len(), TYPE_NAME_CHARS_MAX);
    assert!(incoming.request.unwrap_err().detail.len() < 1_000);
}

#[test]
fn escapes_in_attributes_are_read() {
    let text = event().to_string().replace("/sender", "\\u002fsend\\u0065r");
    assert_eq!(from_json(text.as_bytes()), read(&event()));
}

#[test]
fn what_is_no_json_object_is_malformed_and_has_no_key() {
    for bad in ["", "null", "5", "[]", "{", "\"x\"", "{}x", "[\"1.0\",\"/s\",\"1\"]", "\u{0}"] {
        let incoming = from_json(bad.as_bytes());
        assert_eq!((code(&incoming), incoming.key), (Some(Code::MalformedEvent), None), "{bad:?}");
        assert!(!is_json_object(bad.as_bytes()), "{bad:?}");
    }
    for bad in [&b"\xff"[..], b"{\"id\":\"\xff\"}"] {
        assert_eq!(code(&from_json(bad)), Some(Code::MalformedEvent));
        assert!(!is_json_object(bad));
    }
    for object in ["{}", " {\"a\":[1]}\r\n"] {
        assert!(is_json_object(object.as_bytes()), "{object:?}");
    }
}

#[test]
fn content_types_say_how_data_is_read() {
    let body = br#"{"licensee":"acme","user":"u-1"}"#;
    let plain = send::binary(TYPE, "application/json", body);
    assert_eq!(code(&plain), None);
    assert_eq!(send::binary(TYPE, "Application/JSON; charset=utf-8", body), plain);
    for bad in ["", "text/plain", "application/protobuf", "json"] {
        assert_eq!(code(&send::binary(TYPE, bad, body)), Some(Code::MalformedEvent), "{bad:?}");
    }
    let mut headers = send::headers(TYPE, "application/json");
    headers.retain(|(name, _)| name != "content-type");
    assert_eq!(code(&from_binary(&headers, Some(body))), Some(Code::MalformedEvent));
    headers.push(("Content-Type".to_owned(), b"application/json".to_vec()));
    assert_eq!(from_binary(&headers, Some(body)), plain);
}

#[test]
fn absent_data_reads_like_a_message_without_fields() {
    let incoming = from_binary(&send::headers(TYPE, "application/protobuf"), None);
    assert!(incoming.request.as_ref().unwrap_err().detail.contains("the field licensee is missing"));
    assert_eq!(send::structured(TYPE, Value::Null), incoming);
    assert_eq!(send::structured(TYPE, json!({})), incoming);
    assert_eq!(send::binary_protobuf(TYPE, b""), incoming);
}

#[test]
fn data_and_its_content_type_have_to_agree() {
    let with = |changes: Value| {
        let mut event = event();
        for (name, value) in changes.as_object().unwrap() {
            event[name] = value.clone();
        }
        code(&read(&event))
    };
    assert_eq!(with(json!({"datacontenttype": null})), None);
    // {"licensee":"acme","user":"u-1"}
    let base64 = "eyJsaWNlbnNlZSI6ImFjbWUiLCJ1c2VyIjoidS0xIn0=";
    assert_eq!(with(json!({"data": null, "data_base64": base64})), None);
    for bad in [
        json!({"datacontenttype": "application/protobuf"}),
        json!({"datacontenttype": "text/xml"}),
        json!({"datacontenttype": 5}),
        json!({"data_base64": base64}),
        json!({"data": null, "data_base64": "%%%"}),
        json!({"data": null, "data_base64": ["x"]}),
        json!({"data": null, "data_base64": base64, "datacontenttype": "application/protobuf"}),
    ] {
        assert_eq!(with(bad.clone()), Some(Code::MalformedEvent), "{bad}");
    }
}

#[test]
fn headers_that_are_no_text_are_malformed() {
    let mut headers = send::headers(TYPE, "application/json");
    headers.push(("ce_id".to_owned(), vec![0xff]));
    let incoming = from_binary(&headers, Some(br#"{"licensee":"acme","user":"u-1"}"#));
    assert_eq!((code(&incoming), incoming.key), (Some(Code::MalformedEvent), None));
}
