//! The three clocks.

use engine::{ClockMode, ClockRefused};
use serde_json::json;

use crate::fixture::*;

#[test]
fn event_time_follows_the_messages_and_fires_what_is_due_on_the_way() {
    let mut fixture = Fixture::new(ClockMode::EventTime(None));
    fixture.accept(&started("acme", 10, Some(2)));
    assert_eq!(fixture.engine().now(), at(DAY_ONE));
    // A duplicate and a malformed message move the clock as well, an older message does not.
    let later = |id: &str, time: &str| message_as(id, time, "nothing.v1.Known", json!({}));
    fixture.send(&later("1", "2025-06-01T00:00:00Z"));
    fixture.accept(&message_as("2", "2025-02-01T00:00:00Z", "directory.v1.MemberAdded", member_data("acme", "u-1")));
    assert_eq!(fixture.engine().now(), at("2025-06-01T00:00:00Z"));
    assert_eq!(fixture.history("acme").last().unwrap().1, at("2025-06-01T00:00:00Z"), "decided at the clock");
    let mut again = started("acme", 10, Some(2));
    again["time"] = json!("2026-01-10T00:00:00Z");
    assert!(fixture.send(&again).duplicate);
    assert!(fixture.names("acme").contains(&"SubscriptionExpired".to_owned()));
    fixture.restart();
    assert_eq!(fixture.engine().now(), at("2026-01-10T00:00:00Z"), "the clock is kept");
}

#[test]
fn a_manual_clock_goes_forwards_only_and_only_by_hand() {
    let mut fixture = Fixture::manual();
    fixture.advance("2025-02-01T00:00:00Z");
    let back = fixture.engine().try_advance_clock(at("2025-01-31T00:00:00Z")).unwrap().wait().unwrap();
    assert_eq!(back, Err(ClockRefused::Backwards { now: at("2025-02-01T00:00:00Z") }));
    fixture.advance("2025-02-01T00:00:00Z");
    fixture.restart();
    assert_eq!(
        fixture.engine().now(),
        at("2025-02-01T00:00:00Z"),
        "a start with an earlier instant goes on from the kept one"
    );
    let by_itself = Fixture::new(ClockMode::EventTime(None));
    let refused = by_itself.engine().try_advance_clock(at("2030-01-01T00:00:00Z")).unwrap().wait().unwrap();
    assert_eq!(refused, Err(ClockRefused::NotManual));
}

#[test]
fn a_named_start_is_kept_though_nothing_happened() {
    let mut fixture = Fixture::manual();
    fixture.restart_with(ClockMode::Manual(Some(at("2024-01-01T00:00:00Z"))));
    assert_eq!(fixture.engine().now(), at(DAY_ONE));
    // Whoever only looks changes nothing and stands where the clock stood.
    fixture.restart_with(ClockMode::Manual(None));
    assert_eq!(fixture.engine().now(), at(DAY_ONE));
}

#[test]
fn a_use_in_the_future_counts_as_now() {
    let fixture = Fixture::manual();
    fixture.accept(&message("usage.v1.CodeSuggestionsUsed", json!({"user": "u-1", "used_at": "2031-01-01T00:00:00Z"})));
    fixture.index().wait_for_lag_below(1, std::time::Duration::from_secs(30)).unwrap();
    assert_eq!(fixture.index().last_uses(&["u-1"]).unwrap(), [Some(at(DAY_ONE))]);
}
