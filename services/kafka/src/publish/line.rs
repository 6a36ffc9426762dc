//! A line as a message.

use std::collections::BTreeMap;

use contract::incoming::{Incoming, Request, from_binary, from_json};
use licensing::{LicenseeId, UserId};
use serde_json::{Value, value::RawValue};

use super::{DataForm, protobuf};
use crate::{Settings, headers::Named, sender::Outgoing, topics};

/// Where a line goes that belongs to no topic: it will be refused there as well as anywhere.
const FALLBACK_TOPIC: &str = "usher.billing.v1";

const STRUCTURED: &str = "application/cloudevents+json";

/// A line, ready to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    topic: &'static str,
    key: Option<String>,
    content: Content,
    /// Whether it is sent in structured mode.
    pub(super) is_as_it_stood: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Content {
    headers: Named,
    body: Vec<u8>,
}

impl Message {
    pub(super) fn addressed(self, settings: &Settings) -> Outgoing {
        Outgoing {
            topic: settings.prefixed(self.topic),
            partition: None,
            key: self.key.map(String::into_bytes),
            headers: self.content.headers,
            body: Some(self.content.body),
        }
    }
}

/// The message of a line: in binary mode if that says exactly the same, else as it stands.
pub(super) fn read(line: &[u8], form: DataForm) -> Message {
    let incoming = from_json(line);
    let topic = topics::of_type(&incoming.type_name);
    let says_the_same = |content: &Content| from_binary(&content.headers, Some(&content.body)) == incoming;
    let binary = topic.and_then(|_| binary(line, &incoming.type_name, form)).filter(says_the_same);
    Message {
        topic: topic.unwrap_or(FALLBACK_TOPIC),
        key: key(&incoming),
        is_as_it_stood: binary.is_none(),
        content: binary.unwrap_or_else(|| structured(line)),
    }
}

fn structured(line: &[u8]) -> Content {
    Content { headers: vec![("content-type".to_owned(), STRUCTURED.into())], body: line.to_vec() }
}

/// Attributes in headers and data in the body; `None` where they are not of the kind for that.
fn binary(line: &[u8], type_name: &str, form: DataForm) -> Option<Content> {
    let attributes: BTreeMap<String, &RawValue> = serde_json::from_slice(line).ok()?;
    let mut headers = Named::new();
    let mut data = None;
    for (name, value) in attributes {
        match name.as_str() {
            "data" => data = Some(value.get()),
            // What is told in the body's own way.
            "datacontenttype" => {}
            "data_base64" => return None,
            _ => headers.push((format!("ce_{name}"), attribute(value)?.into_bytes())),
        }
    }
    let (content_type, body) = match form {
        DataForm::Json => ("application/json", data?.as_bytes().to_vec()),
        DataForm::Protobuf => ("application/protobuf", protobuf::encode(type_name, data?)?),
    };
    headers.push(("content-type".to_owned(), content_type.into()));
    Some(Content { headers, body })
}

/// An attribute as text.
fn attribute(value: &RawValue) -> Option<String> {
    match serde_json::from_str(value.get()).ok()? {
        Value::String(text) => Some(text),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The licensee or user that a message is about, by which its order is kept.
fn key(incoming: &Incoming) -> Option<String> {
    let named = incoming.named_licensee.as_ref().map(LicenseeId::as_str);
    let user = match &incoming.request {
        Ok(Request::UserStatus { user, .. } | Request::Usage { user, .. }) => Some(UserId::as_str(user)),
        Ok(Request::Licensee { .. }) | Err(_) => None,
    };
    named.or(user).map(str::to_owned)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const BLOCKED: &str = r#"{"specversion":"1.0","source":"/d","id":"1","type":"usher.directory.v1.UserBlocked",
        "time":"2024-03-01T08:00:00Z","subject":"u-1","data":{"user":"u-1","reason":"left"}}"#;

    #[test]
    fn a_line_says_the_same_in_either_form() {
        for form in [DataForm::Json, DataForm::Protobuf] {
            let message = read(BLOCKED.as_bytes(), form);
            assert_eq!((message.topic, message.key.as_deref()), ("usher.directory.v1", Some("u-1")));
            assert!(!message.is_as_it_stood);
            let Content { headers, body } = &message.content;
            assert_eq!(from_binary(headers, Some(body)), from_json(BLOCKED.as_bytes()));
            assert!(headers.contains(&("ce_subject".to_owned(), b"u-1".to_vec())));
        }
    }

    #[test]
    fn what_can_only_be_told_as_it_stands_is_sent_so() {
        let unknown = BLOCKED.replace("UserBlocked", "UserGreeted");
        let twice = BLOCKED.replace(r#""id":"1","#, r#""id":"1","id":"2","#);
        let ill_formed = BLOCKED.replace(r#""id":"1""#, r#""id":1"#);
        for line in ["hello", "{}", "[]", &twice, &ill_formed] {
            let message = read(line.as_bytes(), DataForm::Json);
            assert!(message.is_as_it_stood, "{line}");
            assert_eq!(message.content.body, line.as_bytes());
        }
        let message = read(unknown.as_bytes(), DataForm::Json);
        assert_eq!(message.topic, "usher.directory.v1");
        assert!(!message.is_as_it_stood);
        assert_eq!(read(b"hello", DataForm::Json).topic, FALLBACK_TOPIC);
    }
}
