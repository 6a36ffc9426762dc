//! CloudEvents to fill a store with.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// When the clock of a test starts.
pub const START: &str = "2025-01-01T00:00:00Z";

pub fn event(id: &str, kind: &str, data: Value) -> Value {
    json!({"specversion": "1.0", "source": "/test", "id": id, "type": format!("usher.{kind}"), "time": START, "data": data})
}

/// A year's `ultimate` subscription of 100 seats, with some of Duo Pro.
pub fn subscription(licensee: &str, offering: &str, duo_pro: u32) -> Value {
    event(
        &format!("start-{licensee}"),
        "billing.v1.SubscriptionStarted",
        json!({
            "licensee": licensee, "name": format!("{licensee} Inc."), "offering": offering,
            "subscription": "A-S0001", "plan": "ultimate", "seats": 100,
            "starts_at": START, "ends_at": "2026-01-01T00:00:00Z",
            "contact_email": "boss@example.com", "instance_version": "17.4",
            "add_ons": [{"add_on": "duo_pro", "quantity": duo_pro}],
        }),
    )
}

pub fn member(licensee: &str, user: &str) -> Value {
    event(
        &format!("member-{licensee}-{user}"),
        "directory.v1.MemberAdded",
        json!({
            "licensee": licensee, "user": user, "username": format!("{user}-name"), "name": format!("Name of {user}"),
            "email": format!("{user}@example.com"), "role": "developer", "type": "human",
        }),
    )
}

/// `u-00`, `u-01` and so on.
pub fn user(number: usize) -> String {
    format!("u-{number:02}")
}

/// The machine's time, later than all that was recorded before and earlier than all that is after.
pub fn machine_now() -> String {
    let before = Utc::now().timestamp_micros();
    while Utc::now().timestamp_micros() <= before + 1 {
        std::hint::spin_loop();
    }
    let now = DateTime::from_timestamp_micros(before + 1).unwrap();
    now.to_rfc3339_opts(SecondsFormat::Micros, true)
}
