//! R22, R24: many at once.

use engine::Answer;
use licensing::{AssignMode, Command};
use serde_json::json;

use crate::fixture::*;

#[test]
fn r24_ten_thousand_users_are_one_commit() {
    let fixture = Fixture::manual();
    fixture.accept(&started("acme", 10_000, Some(10_000)));
    let members: Vec<String> = (0..10_000).map(|number| format!("u-{number}")).collect();
    let engine = fixture.engine();
    let tickets: Vec<_> = members
        .iter()
        .map(|member| contract::incoming::from_json(member_added("acme", member).to_string().as_bytes()))
        .map(|incoming| engine.message(incoming).unwrap())
        .collect();
    tickets.into_iter().for_each(|ticket| assert!(ticket.wait().unwrap().outcome.is_ok()));
    let shard = journal::shard_of("acme", fixture.journal().shard_count());
    let commits = || fixture.journal().heads().unwrap()[usize::from(shard)].commit_number;
    let before = commits();
    let users = members.iter().map(|member| user(member)).collect();
    let command = Command::AssignSeats { product: duo(), users, mode: AssignMode::AllOrNothing };
    let done = fixture.call("acme", command);
    assert_eq!(done.events, 10_000);
    assert!(matches!(done.outcome, Ok(Answer::Assigned { assigned, .. }) if assigned.len() == 10_000));
    assert_eq!(commits() - before, 1);
    assert_eq!(fixture.holders("acme").len(), 10_000);
}

#[test]
fn r22_uses_that_are_not_indexed_yet_count_as_well() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 3, &["u-1", "u-2", "u-3"]);
    for member in ["u-1", "u-2", "u-3"] {
        fixture.call("acme", assign(member));
    }
    let engine = fixture.engine();
    // All in one go, so that the uses are still on their way to the index when the surplus is judged.
    let messages = [
        message("usage.v1.CodeSuggestionsUsed", json!({"user": "u-3", "used_at": "2024-12-01T00:00:00Z"})),
        message("usage.v1.CodeSuggestionsUsed", json!({"user": "u-1", "used_at": "2024-11-01T00:00:00Z"})),
        message("billing.v1.SeatQuantityChanged", json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 1})),
    ];
    let tickets =
        messages.map(|text| engine.message(contract::incoming::from_json(text.to_string().as_bytes())).unwrap());
    tickets.into_iter().for_each(|ticket| assert!(ticket.wait().unwrap().outcome.is_ok()));
    assert_eq!(fixture.holders("acme"), ["u-3"], "never used goes first, then the least recent use");
}
