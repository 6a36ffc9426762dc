//! Several processes on one database: here each has views and connections of its own.

use std::time::{Duration, Instant as Stopwatch};

use licensing::{FeatureId, UserStatus};
use views::{Feeds, MembersQuery, ViewsError};

use crate::{
    psql::{dump, psql},
    store::{Process, all_shards, no_shards, shards},
    suite::{
        chance::{Dice, play},
        world::{LONG, World, all_pages, licensee, user},
    },
};

/// Long enough for a shard to change hands.
const A_WHILE: Duration = Duration::from_millis(300);

fn open(world: &World, feeds: &Feeds) -> Process {
    world.store.open_process(&world.catalogue, feeds).unwrap()
}

#[test]
fn two_who_feed_the_same_shards_end_with_the_same_tables_as_one() {
    let (mut world, mut dice) = (World::new(), Dice::new(31));
    let both = [open(&world, &all_shards()), open(&world, &all_shards())];
    for _ in 0..6 {
        play(&mut world, &mut dice, 60);
        both.iter().for_each(|views| world.assert_views_equal_the_fold(views));
    }
    drop(both);
    let by_two = dump(world.store.url());
    psql(world.store.url(), "DROP SCHEMA usher_views CASCADE");
    drop(world.open());
    assert_eq!(by_two, dump(world.store.url()));
}

#[test]
fn whoever_feeds_some_shards_sees_what_another_feeds() {
    let (mut world, mut dice) = (World::new(), Dice::new(32));
    let parts = [open(&world, &shards(0..2)), open(&world, &shards(2..4))];
    for _ in 0..4 {
        play(&mut world, &mut dice, 40);
        parts.iter().for_each(|views| world.assert_views_equal_the_fold(views));
    }
}

#[test]
fn whoever_feeds_nothing_sees_everything() {
    let (mut world, mut dice) = (World::new(), Dice::new(33));
    let (_feeding, reading) = (open(&world, &all_shards()), open(&world, &no_shards()));
    play(&mut world, &mut dice, 100);
    world.assert_views_equal_the_fold(&reading);
}

#[test]
fn while_nobody_feeds_a_shard_access_is_up_to_date_and_waiting_ends_at_its_timeout() {
    let mut world = World::new();
    let feeds = no_shards();
    let views = open(&world, &feeds);
    world.seated("acme", &["u-1"]);
    let begun = Stopwatch::now();
    assert!(!views.wait_for(&world.positions(), A_WHILE).unwrap());
    assert!((A_WHILE..LONG).contains(&begun.elapsed()));
    assert!(views.access(&user("u-1"), &FeatureId::new("duo_chat"), world.now).unwrap().unwrap().allowed);
    assert_eq!(views.licensee(&licensee("acme")).unwrap(), None);
    assert_eq!(views.positions(), "0-0.1-0.2-0.3-0".parse().unwrap());

    (0..4).for_each(|shard| feeds.take(shard, journal::Epoch(1)));
    world.assert_views_equal_the_fold(&views);
}

#[test]
fn a_shard_that_changes_hands_is_fed_on_without_a_gap() {
    let (mut world, mut dice) = (World::new(), Dice::new(34));
    let feeds = [all_shards(), no_shards()];
    let both = [open(&world, &feeds[0]), open(&world, &feeds[1])];
    for round in 0..8 {
        let (from, to) = (&feeds[round % 2], &feeds[(round + 1) % 2]);
        for shard in 0..4 {
            play(&mut world, &mut dice, 5);
            // Now and then both have it, now and then nobody.
            if round % 3 == 0 {
                to.take(shard, journal::Epoch(1));
            }
            from.let_go(shard);
            play(&mut world, &mut dice, 5);
            to.take(shard, journal::Epoch(1));
        }
        both.iter().for_each(|views| world.assert_views_equal_the_fold(views));
    }
}

#[test]
fn a_cursor_goes_on_with_any_node_and_after_a_restart() {
    for sort in ["-user", "username", "-last_used_at", "assigned_at"] {
        let mut world = World::new();
        let members: Vec<String> = (0..2_500).map(|number| format!("u-{number:04}")).collect();
        let all: Vec<&str> = members.iter().map(String::as_str).collect();
        world.join_at_once("acme", &all);
        let mut nodes = [open(&world, &all_shards()), open(&world, &no_shards())];
        nodes.iter().for_each(|views| world.catch_up(views));
        let query = MembersQuery { sort: sort.parse().unwrap(), limit: 700, ..MembersQuery::default() };
        let mut turn = 0;
        let listed = all_pages(
            |cursor| {
                turn += 1;
                if turn == 3 {
                    nodes[turn % 2] = open(&world, &no_shards());
                }
                nodes[turn % 2].members(&licensee("acme"), &MembersQuery { cursor, ..query.clone() }).unwrap()
            },
            |_| {},
        );
        let mut listed: Vec<&str> = listed.iter().map(|member| member.user.as_str()).collect();
        listed.sort_unstable();
        assert_eq!(listed, all, "{sort}");
    }
}

#[test]
fn an_order_goes_once_nobody_used_it_for_long() {
    let mut world = World::new();
    world.join("acme", &["u-1", "u-2", "u-3"]);
    let views = world.open();
    let query = MembersQuery { sort: "username".parse().unwrap(), limit: 1, ..MembersQuery::default() };
    let first = views.members(&licensee("acme"), &query).unwrap();
    let next = MembersQuery { cursor: first.next_cursor, ..query.clone() };
    psql(world.store.url(), "UPDATE usher_views.orders SET expires_at = expires_at - interval '59 minutes'");
    assert_eq!(views.members(&licensee("acme"), &next).unwrap().items.len(), 1);
    psql(world.store.url(), "UPDATE usher_views.orders SET expires_at = expires_at - interval '59 minutes'");
    assert_eq!(views.members(&licensee("acme"), &next).unwrap().items.len(), 1, "its use did not keep it for longer");
    psql(world.store.url(), "UPDATE usher_views.orders SET expires_at = now()");
    assert!(matches!(views.members(&licensee("acme"), &next), Err(ViewsError::ExpiredCursor)));
    views.members(&licensee("acme"), &query).unwrap();
    assert_eq!(psql(world.store.url(), "SELECT count(*) FROM usher_views.orders").trim(), "1");
    assert_eq!(psql(world.store.url(), "SELECT count(*) FROM usher_views.order_parts").trim(), "1");
}

#[test]
fn no_more_orders_are_kept_than_there_is_room_for() {
    let mut world = World::new();
    world.join("acme", &["u-1", "u-2", "u-3"]);
    let views = world.open();
    psql(
        world.store.url(),
        "INSERT INTO usher_views.orders (name, members, expires_at)
         SELECT number, 5000, now() + number * interval '1 second' FROM generate_series(1, 1500) AS number",
    );
    let query = MembersQuery { sort: "username".parse().unwrap(), limit: 1, ..MembersQuery::default() };
    let cursor = views.members(&licensee("acme"), &query).unwrap().next_cursor;
    assert_eq!(
        psql(
            world.store.url(),
            "SELECT count(*), min(name) FILTER (WHERE name BETWEEN 1 AND 1500) FROM usher_views.orders"
        )
        .trim(),
        "1000|502"
    );
    assert!(views.members(&licensee("acme"), &MembersQuery { cursor, ..query }).is_ok());
}

#[test]
fn a_status_that_is_set_while_others_name_the_user_stays() {
    let mut world = World::new();
    let parts = [open(&world, &shards(0..2)), open(&world, &shards(2..4))];
    let homes = ["acme", "globex", "initech", "umbrella"];
    for number in 0..25 {
        let member = format!("u-{number}");
        world.join(homes[number % 4], &[&member]);
        world.set_status(&member, UserStatus::Blocked);
        world.join(homes[(number + 1) % 4], &[&member]);
    }
    for views in &parts {
        world.assert_views_equal_the_fold(views);
        assert!((0..25).all(|number| {
            views.user(&user(&format!("u-{number}"))).unwrap().unwrap().status == UserStatus::Blocked
        }));
    }
}
