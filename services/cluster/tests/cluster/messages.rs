//! What is sent to the nodes, and what they wrote.

use contract::{
    incoming::from_json,
    proto::journal::{Event as Record, record::Kind},
};
use engine::{Call, Order};
use journal::Journal;
use licensing::{Command, Instant, LicenseeId, ProductId, UserId};
use serde_json::{Value, json};

pub const DAY_ONE: &str = "2025-01-01T00:00:00Z";

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn order(message: &Value) -> Order {
    Order::Message(Box::new(from_json(message.to_string().as_bytes())))
}

pub fn message(id: &str, type_name: &str, data: &Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "urn:test", "type": format!("usher.{type_name}"), "time": DAY_ONE,
        "data": data})
}

pub fn started(licensee: &str) -> Value {
    message(
        &format!("started-{licensee}"),
        "billing.v1.SubscriptionStarted",
        &json!({"licensee": licensee, "name": "Acme", "offering": "gitlab_com", "subscription": "S-1",
            "plan": "ultimate", "seats": 5_000, "starts_at": DAY_ONE, "ends_at": "2026-01-01T00:00:00Z",
            "contact_email": "boss@example.com", "add_ons": [{"add_on": "duo_pro", "quantity": 5_000}]}),
    )
}

pub fn member_added(licensee: &str, user: &str) -> Value {
    message(
        &format!("added-{licensee}-{user}"),
        "directory.v1.MemberAdded",
        &json!({"licensee": licensee, "user": user, "username": format!("{user}-login"), "name": "Jane",
            "email": format!("{user}@example.com"), "role": "developer", "type": "human"}),
    )
}

pub fn blocked(user: &str) -> Value {
    message(&format!("blocked-{user}"), "directory.v1.UserBlocked", &json!({"user": user}))
}

/// A call without a key, that must not be done twice.
pub fn assign(licensee: &str, user: &str) -> Order {
    Order::Call(Box::new(Call {
        key: None,
        type_name: "TEST".to_owned(),
        actor: "tester".to_owned(),
        licensee: LicenseeId::parse(licensee).unwrap(),
        command: Command::AssignSeat { product: ProductId::new("duo"), user: UserId::parse(user).unwrap() },
    }))
}

/// An id with this prefix whose shard fits.
pub fn id_where(journal: &dyn Journal, prefix: &str, fits: impl Fn(u16) -> bool) -> String {
    let mut ids = (0..).map(|number| format!("{prefix}-{number}"));
    ids.find(|id| fits(journal::shard_of(id, journal.shard_count()))).unwrap()
}

/// The events of a stream, in order.
pub fn stream(journal: &dyn Journal, id: &str) -> Vec<Record> {
    let mut events = Vec::new();
    for shard in 0..journal.shard_count() {
        for stored in journal.read(shard, 0, usize::MAX).unwrap() {
            let kinds = stored.decode().unwrap().records.into_iter().filter_map(|record| record.kind);
            events.extend(kinds.filter_map(|kind| match kind {
                Kind::Event(event) if event.stream == id => Some(event),
                _ => None,
            }));
        }
    }
    assert!((1..).zip(&events).all(|(version, event)| event.version == version), "{id} has gaps");
    events
}

/// What caused the events of a type, in their order.
pub fn causes(journal: &dyn Journal, id: &str, type_name: &str) -> Vec<String> {
    let events = stream(journal, id);
    events.into_iter().filter(|event| event.r#type.ends_with(type_name)).map(|event| event.command_id).collect()
}
