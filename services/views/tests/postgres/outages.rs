//! A server that goes away and comes back, and a pooler in between.

use std::{thread, time::Duration};

use journal::JournalError;
use licensing::{FeatureId, UserId};
use servers::{PgBouncer, Postgres};
use views::{LicenseesQuery, MembersQuery, ViewsError};

use crate::{
    psql::{dump, psql},
    store::{Process, Store, all_shards, no_shards, shards},
    suite::{
        chance::{Dice, play},
        world::{LONG, SHARDS, World, all_pages, licensee, user},
    },
};

/// A server of one's own, and a world on it.
fn apart() -> (Postgres, World) {
    let server = Postgres::start().unwrap();
    server.run_sql("postgres", "CREATE DATABASE apart").unwrap();
    let world = World::on(Store::at(&server.url("apart"), SHARDS));
    (server, world)
}

fn is_unreachable<T>(outcome: Result<T, ViewsError>) -> bool {
    matches!(outcome, Err(ViewsError::Database(JournalError::Unreachable { .. })))
}

#[test]
fn while_the_server_is_away_reads_say_so_and_access_is_answered_and_afterwards_all_goes_on() {
    let (server, mut world) = apart();
    let both = [shards(0..2), shards(2..4)].map(|feeds| world.store.open_process(&world.catalogue, &feeds).unwrap());
    world.seated("acme", &["u-1"]);
    both.iter().for_each(|views| world.catch_up(views));
    for round in 0..2 {
        if round == 0 {
            server.kill().unwrap()
        } else {
            server.stop().unwrap()
        }
        for views in &both {
            assert!(is_unreachable(views.licensee(&licensee("acme"))));
            assert!(is_unreachable(views.members(&licensee("acme"), &MembersQuery::default())));
            assert!(is_unreachable(views.licensees(&LicenseesQuery::default())));
            assert!(is_unreachable(views.totals()));
            assert!(views.access(&user("u-1"), &FeatureId::new("duo_chat"), world.now).unwrap().unwrap().allowed);
        }
        server.restart().unwrap();
        play(&mut world, &mut Dice::new(41), 60);
        both.iter().for_each(|views| world.assert_views_equal_the_fold(views));
    }
}

#[test]
fn a_server_that_is_killed_while_it_is_fed_loses_and_doubles_nothing() {
    let (server, mut world) = apart();
    let events = world.write_long_history(10, 3_000);
    let process = world.store.open_process(&world.catalogue, &all_shards()).unwrap();
    let mut kills = 0;
    // Each time it gets a little further.
    while kills < 3 && !process.wait_for(&world.positions(), Duration::from_millis(200)).unwrap_or(false) {
        server.kill().unwrap();
        server.restart().unwrap();
        kills += 1;
    }
    assert!(kills > 0, "it was too fast to be killed");
    wait(&process, &world);
    assert_eq!(process.totals().unwrap().events, events);
    let fed_on = dump(world.store.url());
    drop(process);
    psql(world.store.url(), "DROP SCHEMA usher_views CASCADE");
    drop(world.open());
    assert_eq!(fed_on, dump(world.store.url()));
}

/// Waits for all there is, also over an outage.
fn wait(process: &Process, world: &World) {
    for _ in 0..100 {
        match process.wait_for(&world.positions(), LONG) {
            Ok(true) => return,
            Ok(false) => panic!("nothing was fed any more"),
            Err(error) => assert!(matches!(error, ViewsError::Database(_)), "{error:?}"),
        }
        thread::yield_now();
    }
    panic!("the server did not come back");
}

#[test]
fn a_pooler_may_give_each_transaction_another_connection() {
    let server = Postgres::shared().unwrap();
    let pooler = PgBouncer::start(server).unwrap();
    let (mut world, mut dice) = (World::new(), Dice::new(42));
    let name = world.store.url().rsplit('/').next().unwrap().to_owned();
    let url = pooler.url(&name);
    let processes = [shards(0..2), shards(2..4), no_shards()]
        .map(|feeds| world.store.open_process_at(&url, &world.catalogue, &feeds).unwrap());
    for _ in 0..3 {
        play(&mut world, &mut dice, 50);
        processes.iter().for_each(|views| world.assert_views_equal_the_fold(views));
    }
    let members: Vec<String> = (0..1_200).map(|number| format!("m-{number:04}")).collect();
    world.join_at_once("hooli", &members.iter().map(String::as_str).collect::<Vec<_>>());
    processes.iter().for_each(|views| world.catch_up(views));
    let query = MembersQuery { sort: "-username".parse().unwrap(), limit: 250, ..MembersQuery::default() };
    let mut turn = 0;
    let page = |cursor| {
        turn += 1;
        processes[turn % 3].members(&licensee("hooli"), &MembersQuery { cursor, ..query.clone() }).unwrap()
    };
    let mut listed: Vec<UserId> = all_pages(page, |_| {}).into_iter().map(|member| member.user).collect();
    listed.sort();
    assert!(listed.iter().map(UserId::as_str).eq(members.iter().map(String::as_str)));
}
