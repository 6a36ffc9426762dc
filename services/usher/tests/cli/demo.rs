//! `usher demo`.

use serde_json::json;

use crate::{program::Place, serve::Server};

#[test]
fn the_numbers_are_those_that_follow_from_the_rules_on_every_run() {
    let place = Place::new();
    let first = place.run("demo --no-serve --format json").done();
    let second = place.run("demo --no-serve --format json --data-dir again").done();
    assert_eq!(first.stdout, second.stdout);
    assert!(first.stderr.contains("19560 messages"), "{first:#?}");
    assert_eq!(
        first.json(),
        json!({
            "messages": {
                "accepted": 19351, "duplicate": 201,
                "refused": {
                    "offering_mismatch": 1, "sales_only": 1, "quantity_exceeds_subscription_seats": 1,
                    "trial_already_used": 1, "purchase_not_active": 3, "not_enough_seats": 1
                }
            },
            "licensees": 1, "members": 2161, "seats": {"held": 35, "quantity": 35},
            "removals": {
                "requested": 4, "overage": 99, "blocked": 1, "banned": 1, "deactivated": 6, "deleted": 1,
                "membership_removed": 1, "role_ineligible": 1, "grace_ended": 75
            }
        })
    );
}

#[test]
fn a_folder_that_is_not_empty_is_refused_with_what_to_do() {
    let place = Place::new();
    place.write("note", "mine");
    place.run("demo --no-serve --data-dir .").failed(2, "--data-dir");
    place.run("demo --no-serve --data-dir note").failed(1, "folder");
    assert_eq!(std::fs::read_dir(place.path(".")).unwrap().count(), 1);
}

#[test]
fn it_serves_what_came_out() {
    let place = Place::new();
    // The numbers come first; with JSON they are one line.
    let mut command = place.command("demo --listen 127.0.0.1:0 --format json".split(' '));
    let (numbers, server) = Server::start_after_a_line(&mut command);
    assert!(numbers.contains("\"overage\":99"), "{numbers}");
    let shown = place.run(&format!("show rails --format json --url {}", server.address)).done().json();
    assert_eq!(shown["products"]["duo"]["assigned"], 35);
    server.stop().done();
    assert!(place.path("usher-demo").is_dir());
}
