//! The shapes of requests and messages.

use chrono::{DateTime, SecondsFormat, Utc};
use http::Method;
use serde_json::{Value, json};

use crate::{Company, company::Member};

/// What is taken as one event, and what as several.
pub(crate) const ONE_EVENT: &str = "application/cloudevents+json";
pub(crate) const BATCH: &str = "application/cloudevents-batch+json";
const JSON: &str = "application/json";

/// What a server is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// With its content type.
    pub(crate) body: Option<(&'static str, Vec<u8>)>,
}

impl Asked {
    pub(crate) const fn get(path: String) -> Self {
        Self { method: Method::GET, path, body: None }
    }

    pub(crate) fn post(path: String, body: &Value) -> Self {
        Self { method: Method::POST, path, body: Some((JSON, body.to_string().into_bytes())) }
    }

    /// Events to be taken in, as one of the content types for them.
    pub(crate) fn events(content_type: &'static str, events: &Value) -> Self {
        let body = Some((content_type, events.to_string().into_bytes()));
        Self { method: Method::POST, path: "/v1/events".to_owned(), body }
    }
}

/// Makes the messages of a run, which have names that no other run's have.
#[derive(Debug, Clone)]
pub(crate) struct Messages {
    source: String,
    run: String,
    sent: u64,
}

impl Messages {
    pub(crate) fn new(company: &Company) -> Self {
        Self { source: company.source(), run: format!("{:016x}", fastrand::u64(..)), sent: 0 }
    }

    /// A CloudEvent with the next id.
    pub(crate) fn event(&mut self, r#type: &str, time: DateTime<Utc>, data: &Value) -> Value {
        let id = format!("{}-{}", self.run, self.sent);
        self.sent += 1;
        json!({
            "specversion": "1.0", "source": self.source, "id": id, "type": r#type, "time": as_text(time), "data": data,
        })
    }
}

/// The data of `MemberAdded` for a member.
pub(crate) fn member_added(company: &Company, member: Member) -> Value {
    let user = company.user(member);
    json!({
        "licensee": company.licensee(member.licensee), "user": user, "username": user, "name": user,
        "email": format!("{user}@load.invalid"), "role": "developer", "type": "human",
    })
}

pub(crate) fn as_text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}
