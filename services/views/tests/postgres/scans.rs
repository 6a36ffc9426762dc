//! What a change costs does not grow with the tables: its rows are found by their keys.

use std::{
    thread,
    time::{Duration, Instant as Stopwatch},
};

use licensing::{Command, Offering};

use crate::{
    psql::psql,
    suite::world::{LONG, World, duo, user},
};

/// So many that the planner would rather read all of them than look up a few hundred.
const MEMBERS: usize = 20_000;
const GIVEN: usize = 400;
const LOST: usize = 200;

/// Rows of members that were changed, and rows of members and seats that were read otherwise than by an index.
fn changed_and_scanned(url: &str) -> (usize, usize) {
    let sum = |column: &str, tables: &str| {
        let sql = format!(
            "SELECT sum({column}) FROM pg_stat_user_tables WHERE schemaname = 'usher_views' AND relname IN ({tables})"
        );
        psql(url, &sql).trim().parse().unwrap()
    };
    (sum("n_tup_upd", "'members'"), sum("seq_tup_read", "'members', 'seats'"))
}

#[test]
fn whoever_gets_or_loses_a_seat_is_found_without_reading_all_members() {
    let mut world = World::new();
    let views = world.open();
    let members: Vec<String> = (0..MEMBERS).map(|number| format!("u-{number:05}")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    world.subscribe("acme", Offering::GitlabCom, "ultimate", Some(("duo_pro", i64::try_from(MEMBERS).unwrap())));
    world.join_at_once("acme", &members);
    world.catch_up(&views);
    let url = world.store.url().to_owned();
    psql(&url, "ANALYZE usher_views.members, usher_views.seats");
    psql(&url, "SELECT pg_stat_reset()");

    let assign = |member: &&str| Command::AssignSeat { product: duo(), user: user(member) };
    world.ask_at_once("acme", members[..GIVEN].iter().map(assign));
    world.catch_up(&views);
    let remove = |member: &&str| Command::RemoveSeat { product: duo(), user: user(member) };
    world.ask_at_once("acme", members[..LOST].iter().map(remove));
    world.catch_up(&views);

    // A session of the server tells its numbers a while after its last statement.
    let begun = Stopwatch::now();
    while changed_and_scanned(&url).0 < GIVEN + LOST {
        assert!(begun.elapsed() < LONG, "the server never told what was changed");
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(changed_and_scanned(&url), (GIVEN + LOST, 0));
}
