//! Messages to feed, and a store with something in it.

use serde_json::{Value, json};

use crate::program::Place;

/// A CloudEvent on one line.
pub fn message(id: &str, event_type: &str, time: &str, data: Value) -> String {
    let event = json!({
        "specversion": "1.0", "source": "/tests", "id": id, "type": event_type, "time": time, "data": data
    });
    format!("{event}\n")
}

/// A subscription of `acme` through 2025 with so many seats of Duo Pro.
pub fn started(seats: u32) -> String {
    message(
        "start",
        "usher.billing.v1.SubscriptionStarted",
        "2025-01-01T00:00:00Z",
        json!({
            "licensee": "acme", "name": "Acme", "offering": "gitlab_com", "subscription": "S-1", "plan": "premium",
            "seats": 100, "starts_at": "2025-01-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z",
            "add_ons": [{"add_on": "duo_pro", "quantity": seats}]
        }),
    )
}

/// The user `u-{name}` with that user name becomes a member of `acme`.
pub fn joined(name: &str) -> String {
    message(
        &format!("join-{name}"),
        "usher.directory.v1.MemberAdded",
        "2025-01-02T00:00:00Z",
        json!({
            "licensee": "acme", "user": format!("u-{name}"), "username": name, "name": name,
            "email": format!("{name}@example.com"), "role": "developer", "type": "human"
        }),
    )
}

/// The user `u-{name}` is blocked.
pub fn blocked(name: &str) -> String {
    message(
        &format!("block-{name}"),
        "usher.directory.v1.UserBlocked",
        "2025-01-03T00:00:00Z",
        json!({"user": format!("u-{name}")}),
    )
}

/// A place with a store in `data`: `acme` with so many seats, and these members.
pub fn acme(seats: u32, members: &[&str]) -> Place {
    let place = Place::new();
    let lines: String = std::iter::once(started(seats)).chain(members.iter().map(|name| joined(name))).collect();
    place.write("acme.jsonl", lines);
    place.run("ingest --data-dir data --clock event-time acme.jsonl").done();
    place
}
