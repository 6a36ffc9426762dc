//! A start goes on where the last one ended; snapshots change nothing.

use licensing::{AssignMode, Command};

use crate::fixture::*;

#[test]
fn a_state_from_a_snapshot_and_its_tail_equals_the_full_replay() {
    let mut fixture = Fixture::manual();
    fixture.accept(&started("acme", 2_000, Some(2_000)));
    let members: Vec<String> = (0..1_500).map(|number| format!("u-{number}")).collect();
    members.iter().for_each(|member| drop(fixture.accept(&member_added("acme", member))));
    fixture.restart();
    let snapshot = fixture.index().snapshot("licensee/acme").unwrap().expect("1,501 events are worth a snapshot");
    assert!(snapshot.version >= 1_000 && snapshot.version < 1_501, "{}", snapshot.version);
    // Decided on the snapshot and its tail: the last member, who is in the tail only, gets the seat.
    let users = vec![user("u-0"), user("u-1499")];
    let command = Command::AssignSeats { product: duo(), users, mode: AssignMode::AllOrNothing };
    assert_eq!(fixture.call("acme", command).events, 2);
    let state = fixture.replay("acme");
    assert_eq!((state.version(), state.account().members()), (1_503, 1_500));
    assert_eq!(fixture.holders("acme"), ["u-0", "u-1499"]);
}

#[test]
fn a_lost_index_is_made_anew_and_nothing_is_forgotten() {
    let mut fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1"]);
    fixture.call("acme", assign("u-1"));
    fixture.delete_index_and_restart();
    assert!(fixture.send(&started("acme", 10, Some(2))).duplicate);
    fixture.advance("2026-01-01T00:00:00Z");
    assert!(fixture.names("acme").contains(&"SubscriptionExpired".to_owned()), "the timer came back with the index");
}

/// The faults of `cqrs-es`' own persistence, none of which ours may have: events applied twice in a snapshot, changes of
/// a refused command left behind, one row an event, no global order.
#[test]
fn our_own_path_has_none_of_the_faults_of_the_framework() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 1, &["u-1", "u-2"]);
    fixture.call("acme", assign("u-1"));
    let shard = usize::from(journal::shard_of("acme", fixture.journal().shard_count()));
    let before = fixture.journal().heads().unwrap()[shard];
    let users = vec![user("u-2"), user("nobody")];
    let refused = Command::AssignSeats { product: duo(), users, mode: AssignMode::AllOrNothing };
    assert!(fixture.call("acme", refused).outcome.is_err());
    assert_eq!(fixture.holders("acme"), ["u-1"], "a refused command leaves nothing behind");
    assert_eq!(fixture.call("acme", Command::RemoveSeat { product: duo(), user: user("u-1") }).events, 1);
    assert_eq!(
        fixture.call("acme", assign("u-2")).events,
        1,
        "each event was applied once: one seat is free, not two or none"
    );
    let after = fixture.journal().heads().unwrap()[shard];
    assert_eq!(after.position - before.position, 3, "a refusal and two events, in one order without gaps");
}
