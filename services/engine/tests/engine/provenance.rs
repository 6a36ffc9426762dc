//! R35, R36: what is refused changes nothing and is kept; every event says where it came from.

use serde_json::json;

use crate::fixture::*;

#[test]
fn r36_an_event_names_its_command_its_actor_and_both_times() {
    let fixture = Fixture::manual();
    let sent = message_as("m-1", "2024-06-01T00:00:00Z", "directory.v1.MemberAdded", member_data("acme", "u-1"));
    fixture.accept(&sent);
    fixture.accept(&started("acme", 10, Some(5)));
    fixture.call_as("k-1", "", "acme", assign("u-1"));
    let [added, _, assigned] = fixture.stream("licensee/acme").try_into().unwrap();
    assert_eq!((added.command_id.as_str(), added.actor.as_str()), ("urn:test#m-1", "urn:test"));
    assert_eq!(effective_at(&added), at(DAY_ONE), "decided at the clock, whatever time was told");
    assert_eq!((assigned.command_id.as_str(), assigned.actor.as_str()), ("key:k-1", "tester"));
    for event in [&added, &assigned] {
        assert!(event.recorded_at_us > at("2026-01-01T00:00:00Z").timestamp_micros(), "recorded by the machine's time");
        assert_eq!((event.id.len(), event.hash.len()), (16, 32));
    }
    assert_ne!(added.id, assigned.id);
    let told = fixture.outcomes().into_iter().find(|outcome| outcome.command_id == "urn:test#m-1").unwrap();
    assert_eq!(told.told_at_us, Some(at("2024-06-01T00:00:00Z").timestamp_micros()), "the time stays a fact");
}

#[test]
fn r36_the_events_of_a_timer_name_it() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &[]);
    fixture.advance("2026-01-01T00:00:00Z");
    let expired = fixture.stream("licensee/acme").into_iter().find(|event| short_name(event) == "SubscriptionExpired");
    let expired = expired.unwrap();
    assert_eq!(expired.actor, "usher:timer");
    assert_eq!(expired.command_id, "timer:acme:subscription_expires:2026-01-01T00:00:00Z");
}

#[test]
fn r35_one_refusal_among_many_harms_no_neighbour() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1", "u-2"]);
    let engine = fixture.engine();
    let calls = ["u-1", "nobody", "u-2"].map(|member| engine.try_call(call("acme", None, assign(member))).unwrap());
    let outcomes = calls.map(|ticket| ticket.wait().unwrap().outcome.map_err(|refusal| refusal.code.as_str()).err());
    assert_eq!(outcomes, [None, Some("invalid_user_membership"), None]);
    assert_eq!(fixture.holders("acme"), ["u-1", "u-2"]);
}

#[test]
fn r35_every_refusal_is_kept_under_the_licensee_that_it_names() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &[]);
    let before = fixture.replay("acme");
    let refused = [
        (
            message(
                "billing.v1.SeatsPurchased",
                json!({"licensee": "acme", "add_on": "duo_pro", "quantity": -1, "channel": "portal"}),
            ),
            "invalid_quantity",
        ),
        (
            message(
                "billing.v1.SeatsPurchased",
                json!({"licensee": "acme", "add_on": "duo_pro", "quantity": "x", "channel": "portal"}),
            ),
            "malformed_event",
        ),
        (message("billing.v9.Nothing", json!({"licensee": "acme"})), "unknown_event_type"),
        (
            message(
                "billing.v1.SeatQuantityChanged",
                json!({"licensee": "unheard", "add_on": "duo_pro", "quantity": 1}),
            ),
            "unknown_licensee",
        ),
    ];
    for (message, code) in &refused {
        assert_eq!(fixture.code(message), *code);
    }
    assert_eq!(fixture.call("acme", assign("nobody")).outcome.unwrap_err().code.as_str(), "invalid_user_membership");
    assert_eq!(fixture.replay("acme"), before, "a refusal changes nothing");
    let kept: Vec<_> = fixture.outcomes().into_iter().filter(|outcome| outcome.refusal.is_some()).collect();
    assert_eq!(kept.len(), refused.len() + 1);
    assert_eq!(kept.iter().filter(|outcome| outcome.licensee == "acme").count(), 4);
    assert!(kept.iter().all(|outcome| outcome.events == 0 && !outcome.actor.is_empty() && !outcome.r#type.is_empty()));
}
