//! R26, R28, R29: the user directory.

use serde_json::{Value, json};

use crate::fixture::*;

fn status(kind: &str, member: &str) -> Value {
    message(&format!("directory.v1.{kind}"), json!({"user": member, "reason": "said Secret things"}))
}

#[test]
fn r26_r28_a_block_takes_the_seats_of_all_licensees_in_one_transaction() {
    let fixture = Fixture::manual();
    for id in ["acme", "globex", "initech"] {
        fixture.with_pro(id, 2, &["u-1"]);
        fixture.call(id, assign("u-1"));
        assert_eq!(fixture.holders(id), ["u-1"], "each licensee counts its own");
    }
    let done = fixture.accept(&status("UserBlocked", "u-1"));
    assert_eq!(done.events, 7, "one of the user's, two of each licensee");
    for id in ["acme", "globex", "initech"] {
        assert!(fixture.holders(id).is_empty());
        let stream = fixture.stream(&format!("licensee/{id}"));
        let [.., noted, removed] = stream.as_slice() else { panic!("too few events") };
        assert_eq!([short_name(noted), short_name(removed)], ["MemberStatusChanged", "SeatRemoved"]);
        assert_eq!(noted.command_id, removed.command_id, "one command id");
        assert!(done.positions.of(journal::shard_of(id, fixture.journal().shard_count())).is_some());
    }
    assert_eq!(fixture.stream("user/u-1").len(), 1);
}

#[test]
fn r26_whoever_was_blocked_before_joining_is_blocked_on_joining() {
    let mut fixture = Fixture::manual();
    fixture.accept(&status("UserBanned", "u-1"));
    fixture.restart();
    fixture.with_pro("acme", 2, &["u-1"]);
    assert_eq!(fixture.call("acme", assign("u-1")).outcome.unwrap_err().code.as_str(), "invalid_user_membership");
}

#[test]
fn r26_a_membership_that_ended_is_not_touched_any_more() {
    let mut fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1"]);
    fixture.with_pro("globex", 2, &["u-1"]);
    fixture.accept(&message("directory.v1.MemberRemoved", json!({"licensee": "acme", "user": "u-1"})));
    fixture.restart();
    let done = fixture.accept(&status("UserBlocked", "u-1"));
    assert_eq!(done.events, 2, "of the user and of globex");
    assert_eq!(fixture.names("acme").last().unwrap(), "MemberRemoved");
}

#[test]
fn r29_a_status_that_a_user_has_already_makes_no_event() {
    let fixture = Fixture::manual();
    fixture.accept(&message_as("1", DAY_ONE, "directory.v1.UserBlocked", json!({"user": "u-1"})));
    let again = fixture.accept(&message_as("2", DAY_ONE, "directory.v1.UserBlocked", json!({"user": "u-1"})));
    assert_eq!(again.events, 0);
    let unheard = fixture.accept(&message_as("3", DAY_ONE, "directory.v1.UserReactivated", json!({"user": "u-2"})));
    assert_eq!(unheard.events, 0);
    assert!(fixture.outcomes().iter().any(|outcome| outcome.user == "u-2"), "but the user is known from now on");
}
