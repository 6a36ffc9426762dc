//! `usher show`.

use crate::messages::{acme, blocked};

#[test]
fn json_is_the_licensee_as_the_server_shows_it() {
    let place = acme(2, &["ann"]);
    let shown = place.run("show acme --data-dir data --format json").done().json();
    assert_eq!(shown["name"], "Acme");
    assert_eq!(shown["members"], 1);
    assert_eq!(shown["products"]["duo"]["quantity"], 2);
    assert!(shown.as_object().unwrap().contains_key("instance_version"));
}

#[test]
fn as_of_folds_what_had_taken_effect_by_then() {
    let place = acme(2, &["ann"]);
    place.write("users.csv", "username\nann\n");
    place.run("seats assign --data-dir data --licensee acme --csv users.csv").done();
    place.run_with_input("ingest --data-dir data --clock event-time -", blocked("ann").as_bytes()).done();
    let at = |time: &str| {
        let ran = place.run(&format!("show acme --data-dir data --format json --as-of {time}")).done().json();
        (ran["members"].as_u64().unwrap(), ran["products"]["duo"]["assigned"].as_u64().unwrap())
    };
    assert_eq!(at("2025-01-01"), (0, 0));
    assert_eq!(at("2025-01-02"), (1, 1));
    assert_eq!(at("2025-01-02T23:59:59.999999Z"), (1, 1));
    assert_eq!(at("2025-01-03"), (1, 0));
}

#[test]
fn as_of_now_is_as_it_is() {
    let place = acme(2, &["ann", "bob"]);
    let now = place.run("show acme --data-dir data --format json").done().json();
    let then = place.run("show acme --data-dir data --format json --as-of 2025-01-02").done().json();
    assert_eq!(now, then);
}

#[test]
fn as_of_before_the_first_event_is_1_and_in_the_future_2() {
    let place = acme(2, &[]);
    place.run("show acme --data-dir data --as-of 2024-12-31").failed(1, "unknown_licensee");
    place.run("show nobody --data-dir data --as-of 2025-01-01").failed(1, "unknown_licensee");
    place.run("show acme --data-dir data --as-of 2025-01-02").failed(2, "later than now");
}

#[test]
fn by_the_machines_clock_now_goes_on_while_nobody_looks() {
    let place = acme(2, &[]);
    let user = blocked("ann");
    place.run_with_input("ingest --data-dir data --clock system -", user.as_bytes()).done();
    let now = std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap();
    let now = String::from_utf8(now.stdout).unwrap();
    place.run(&format!("show acme --data-dir data --as-of {}", now.trim())).done();
}
