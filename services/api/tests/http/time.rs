use std::sync::Arc;

use engine::ClockMode;
use serde_json::json;

use crate::{
    messages::{START, user},
    server::Server,
};

#[tokio::test]
async fn a_manual_clock_moves_forwards_and_fires_what_is_due() {
    let server = Server::with_acme(1, 1).await;
    server.assign(&[user(0)]).await;
    assert_eq!(server.get("/v1/clock").await.ok(), json!({"now": START}));
    let timers = server.get("/v1/timers?licensee=acme").await.ok();
    assert_eq!(
        timers,
        json!({"items": [{"licensee": "acme", "kind": "subscription_expires", "due_at": "2026-01-01T00:00:00Z"}]})
    );
    // What it answers can be read at once, without a position.
    assert_eq!(server.advance("2026-01-02T01:00:00+01:00").await.ok()["now"], "2026-01-02T00:00:00Z");
    let acme = server.get("/v1/licensees/acme").await.ok();
    assert_eq!(acme["subscription"]["status"], "grace");
    assert_eq!(
        (&acme["products"]["duo"]["status"], &acme["products"]["duo"]["assigned"]),
        (&json!("grace"), &json!(1))
    );
    server.advance("2026-02-01T00:00:00Z").await.position();
    assert_eq!(server.get("/v1/users/u-00").await.ok()["seats"], json!([]));
    assert_eq!(server.get("/v1/timers").await.ok(), json!({"items": []}));
}

#[tokio::test]
async fn a_clock_never_goes_back() {
    let server = Server::new();
    server.advance("2025-01-02T00:00:00Z").await.ok();
    server.advance("2025-01-01T23:59:59.999999Z").await.problem(409, "clock_backwards");
    assert_eq!(server.get("/v1/clock").await.ok(), json!({"now": "2025-01-02T00:00:00Z"}));
}

#[tokio::test]
async fn where_nothing_has_happened_yet_a_clock_tells_a_position_too() {
    let server = Server::new();
    let position = server.advance("2025-01-02T00:00:00Z").await.position();
    server.get_at("/v1/licensees", &position).await.ok();
}

#[tokio::test]
async fn only_a_manual_clock_is_moved() {
    for clock in [ClockMode::System, ClockMode::EventTime(None)] {
        let server = Server::with(clock, Arc::new(String::new));
        server.advance("2099-01-01T00:00:00Z").await.problem(409, "clock_not_manual");
    }
}
