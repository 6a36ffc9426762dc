//! One fault a test, then all of them.

use super::{damages, scene::Scene};

#[test]
fn a_node_that_is_killed_loses_and_doubles_nothing() {
    let mut scene = Scene::begin();
    scene.take_oldest_node().kill();
    scene.load.answers();
    scene.add_node();
    scene.wait_until_spread(3);
    scene.load.flows();
    scene.end();
}

#[test]
fn a_node_that_leaves_hands_over_what_it_has_begun() {
    let mut scene = Scene::begin();
    scene.take_oldest_node().stop();
    scene.wait_until_spread(2);
    scene.load.flows();
    scene.add_node();
    scene.wait_until_spread(3);
    scene.load.flows();
    damages::are_all_noticed(&scene.end());
}

#[test]
fn a_writer_that_stood_still_for_longer_than_its_lease_writes_nothing_when_it_goes_on() {
    let scene = Scene::begin();
    scene.node(1).pause();
    // As many as are left have all leases: so its own have ended.
    scene.wait_until_spread(2);
    scene.load.answers();
    scene.node(1).resume();
    scene.wait_until_spread(3);
    scene.load.flows();
    scene.end();
}

#[test]
fn kafka_that_is_killed_keeps_nobody_from_deciding() {
    let scene = Scene::begin();
    scene.servers.kafka.kill().unwrap();
    scene.load.answers();
    scene.servers.kafka.restart().unwrap();
    scene.load.flows();
    scene.end();
}

#[test]
fn a_database_that_is_killed_has_all_that_was_acknowledged() {
    let scene = Scene::begin();
    for _ in 0..2 {
        scene.servers.postgres.kill().unwrap();
        scene.load.publishes();
        scene.servers.postgres.restart().unwrap();
        scene.load.flows();
    }
    scene.end();
}

#[test]
fn everything_at_once() {
    let mut scene = Scene::begin();
    // The writer that stands still is one of those whose database goes away meanwhile.
    scene.node(1).pause();
    scene.servers.postgres.kill().unwrap();
    scene.servers.postgres.restart().unwrap();
    scene.wait_until_spread(2);
    scene.node(1).resume();
    scene.load.flows();
    scene.servers.kafka.kill().unwrap();
    scene.take_oldest_node().kill();
    scene.load.answers();
    scene.add_node();
    scene.servers.postgres.kill().unwrap();
    scene.servers.kafka.restart().unwrap();
    scene.servers.postgres.restart().unwrap();
    scene.load.flows();
    scene.take_oldest_node().stop();
    scene.load.flows();
    scene.end();
}
