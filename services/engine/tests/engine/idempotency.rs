//! R34: the same command again gives the stored outcome.

use engine::{Answer, ChangeOutcome};
use serde_json::json;

use crate::fixture::*;

#[test]
fn r34_the_same_message_again_gives_the_stored_outcome_and_no_event() {
    let mut fixture = Fixture::manual();
    let first = fixture.accept(&started("acme", 10, Some(5)));
    let refused = message(
        "billing.v1.SeatsPurchased",
        json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 9, "channel": "portal"}),
    );
    assert_eq!(fixture.code(&refused), "quantity_exceeds_subscription_seats");
    // Before and after a restart: from what is not indexed yet, and from the index.
    for _ in 0..2 {
        let again = fixture.send(&started("acme", 10, Some(5)));
        assert!(again.duplicate && again.outcome.is_ok() && again.events == 0, "{again:?}");
        assert_eq!(again.positions, first.positions);
        let again = fixture.send(&refused);
        assert!(again.duplicate);
        assert_eq!(again.outcome.unwrap_err().code.as_str(), "quantity_exceeds_subscription_seats");
        fixture.restart();
    }
    assert_eq!(fixture.names("acme"), ["SubscriptionStarted"]);
    assert_eq!(fixture.outcomes().len(), 2);
}

#[test]
fn r34_two_of_the_same_in_one_batch_count_once() {
    let fixture = Fixture::manual();
    let engine = fixture.engine();
    let read = || contract::incoming::from_json(started("acme", 10, None).to_string().as_bytes());
    let tickets: Vec<_> = (0..100).map(|_| engine.message(read()).unwrap()).collect();
    let done: Vec<_> = tickets.into_iter().map(|ticket| ticket.wait().unwrap()).collect();
    assert_eq!(done.iter().filter(|done| !done.duplicate).count(), 1);
    assert_eq!(fixture.names("acme"), ["SubscriptionStarted"]);
}

#[test]
fn r34_the_time_of_a_message_is_not_its_content() {
    let fixture = Fixture::manual();
    fixture.accept(&message_as("1", DAY_ONE, "directory.v1.MemberAdded", member_data("acme", "u-1")));
    let later = message_as("1", "2025-03-01T00:00:00Z", "directory.v1.MemberAdded", member_data("acme", "u-1"));
    assert!(fixture.send(&later).duplicate);
}

#[test]
fn r34_r35_another_content_under_a_used_id_is_refused_kept_and_takes_nothing_over() {
    let fixture = Fixture::manual();
    fixture.accept(&message_as("1", DAY_ONE, "directory.v1.MemberAdded", member_data("acme", "u-1")));
    let other = message_as("1", DAY_ONE, "directory.v1.MemberAdded", member_data("acme", "u-2"));
    for _ in 0..2 {
        assert_eq!(fixture.code(&other), "idempotency_key_reused");
    }
    let original = fixture.send(&message_as("1", DAY_ONE, "directory.v1.MemberAdded", member_data("acme", "u-1")));
    assert!(original.duplicate && original.outcome.is_ok());
    let kept = fixture.outcomes();
    assert_eq!(kept.iter().filter(|outcome| outcome.id_reused).count(), 2);
    assert!(kept.iter().all(|outcome| outcome.licensee == "acme"));
}

#[test]
fn r34_a_key_gives_the_same_answer_again_for_30_days() {
    let mut fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1", "u-2"]);
    let first = fixture.call_as("k", "assign u-1", "acme", assign("u-1"));
    assert_eq!(first.outcome, Ok(Answer::Changed(ChangeOutcome::Changed)));
    fixture.advance("2025-01-30T23:59:59Z");
    fixture.restart();
    let again = fixture.call_as("k", "assign u-1", "acme", assign("u-1"));
    assert!(again.duplicate);
    assert_eq!((again.outcome, again.positions), (first.outcome, first.positions));
    let other = fixture.call_as("k", "assign u-2", "acme", assign("u-2"));
    assert_eq!(other.outcome.unwrap_err().code.as_str(), "idempotency_key_reused");
    fixture.advance("2025-01-31T00:00:00Z");
    let anew = fixture.call_as("k", "assign u-2", "acme", assign("u-2"));
    assert_eq!(anew.outcome, Ok(Answer::Changed(ChangeOutcome::Changed)));
}

#[test]
fn r34_what_cannot_be_told_from_others_is_kept_each_time() {
    let fixture = Fixture::manual();
    let nameless =
        json!({"specversion": "1.0", "type": "usher.billing.v1.SeatsPurchased", "data": {"licensee": "acme"}});
    for _ in 0..2 {
        assert_eq!(fixture.code(&nameless), "malformed_event");
    }
    let kept = fixture.outcomes();
    assert_eq!(kept.len(), 2);
    assert_ne!(kept[0].command_id, kept[1].command_id);
}
