//! `usher ingest --dry-run` and `usher seats … --dry-run`: what would happen, and that nothing does.

use serde_json::{Value, json};

use crate::{
    database::database,
    messages::{acme, blocked, joined, message, started},
    program::{Place, files_of},
};

fn quantity(id: &str, seats: u32) -> String {
    let data = json!({"licensee": "acme", "add_on": "duo_pro", "quantity": seats});
    message(id, "usher.billing.v1.SeatQuantityChanged", "2025-02-01T00:00:00Z", data)
}

fn assigned(id: &str, names: &[&str]) -> String {
    let users: Vec<String> = names.iter().map(|name| format!("u-{name}")).collect();
    let data = json!({"licensee": "acme", "product": "duo", "users": users});
    message(id, "usher.seats.v1.AssignSeats", "2025-01-10T00:00:00Z", data)
}

/// Each message is decided on what the ones before it would have done.
fn lines() -> String {
    [joined("dora"), assigned("give", &["dora"]), quantity("fewer", 1), quantity("none", 9_999), joined("ann")].concat()
}

const TOTAL: &str = r#"{"accepted":3,"duplicate":1,"refused":{"quantity_exceeds_subscription_seats":1},"events":5}"#;

/// `acme` with three seats, of which two are held.
fn with_holders() -> Place {
    let place = acme(3, &["ann", "bob"]);
    place
        .run_with_input("ingest --data-dir data --clock event-time -", assigned("first", &["ann", "bob"]).as_bytes())
        .done();
    place.write("lines.jsonl", lines());
    place
}

fn outcomes(lines: &[Value]) -> Vec<String> {
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
    lines.iter().map(|line| format!("{} {} {}", text(line, "id"), text(line, "outcome"), text(line, "code"))).collect()
}

#[test]
fn r37_each_message_is_previewed_on_top_of_those_before_and_nothing_is_written() {
    let place = with_holders();
    let before = files_of(&place.path("data"));
    let ran = place.run("ingest --dry-run --format json --data-dir data --clock event-time lines.jsonl").done();
    let mut told = ran.json_lines();
    assert_eq!(told.pop().unwrap().to_string(), serde_json::from_str::<Value>(TOTAL).unwrap().to_string());
    let expected = [
        "join-dora accepted ",
        "give accepted ",
        "fewer accepted ",
        "none refused quantity_exceeds_subscription_seats",
        "join-ann duplicate ",
    ];
    assert_eq!(outcomes(&told), expected);
    let types: Vec<&str> =
        told[2]["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["SeatQuantityChanged", "SeatRemoved", "SeatRemoved"]);
    assert!(files_of(&place.path("data")) == before, "a byte of the store has changed");
}

#[test]
fn r37_people_are_told_who_would_gain_or_lose_a_seat_by_name() {
    let place = with_holders();
    let ran = place.run("ingest --dry-run --data-dir data --clock event-time lines.jsonl").done();
    let told = ran.stdout.as_str();
    let rows: Vec<Vec<&str>> = told.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(rows.contains(&vec!["acme", "duo", "active", "duo_pro", "3", "→", "1", "2", "→", "1", "0", "1"]), "{told}");
    assert!(rows.contains(&vec!["acme", "duo", "lost", "u-bob", "bob", "overage"]), "{told}");
    assert!(!told.contains("u-dora "), "whoever gains and loses has nothing in the end: {told}");
    assert!(
        told.contains("quantity_exceeds_subscription_seats") && ran.stdout.ends_with(&format!("{TOTAL}\n")),
        "{told}"
    );
}

#[test]
fn r37_the_preview_of_a_file_equals_what_then_happens() {
    let place = with_holders();
    let command = "--data-dir data --clock event-time lines.jsonl";
    let foreseen = place.run(&format!("ingest --dry-run --format json {command}")).done().json_lines();
    let known = place.run("history acme --data-dir data --format json").done().json().as_array().unwrap().len();
    place.run(&format!("ingest {command}")).done();
    let history = place.run("history acme --data-dir data --format json").done().json();
    let shown = |event: &Value| ["type", "effective_at", "command_id", "data"].map(|field| event[field].clone());
    let happened: Vec<_> = history.as_array().unwrap().iter().skip(known).map(shown).collect();
    let events = foreseen.iter().filter_map(|line| line["events"].as_array()).flatten();
    assert_eq!(events.map(shown).collect::<Vec<_>>(), happened);
}

#[test]
fn r37_on_a_database_nothing_is_written_and_no_lease_is_taken() {
    let (place, database) = (Place::new(), database());
    let url = database.url();
    place.write("acme.jsonl", started(3) + &joined("ann") + &joined("bob") + &assigned("first", &["ann", "bob"]));
    place.write("lines.jsonl", lines());
    place.write("users.csv", "username\nann\n");
    place.run(&format!("ingest --clock event-time --database-url {url} acme.jsonl")).done();
    let everything = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM (SELECT * FROM usher.commits) t";
    let leases = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM (SELECT * FROM usher.leases) t";
    let state = || [everything, leases].map(|query| database.run_sql(query).unwrap());
    let before = state();
    let ran = place.run(&format!("ingest --dry-run --clock event-time --database-url {url} lines.jsonl")).done();
    assert!(ran.stdout.ends_with(&format!("{TOTAL}\n")), "{ran:#?}");
    let seats = format!("seats remove --licensee acme --csv users.csv --dry-run --database-url {url}");
    assert_eq!(place.run(&seats).done().stdout, "ann  removed\n");
    assert_eq!(state(), before);
}

#[test]
fn r37_seats_tell_what_would_become_of_each_row() {
    let place = acme(1, &["ann", "bob"]);
    place.write("users.csv", "username\nann\nbob\nnobody\n");
    let journal = || std::fs::read(place.path("data").join("journal.db")).unwrap();
    let before = journal();
    let assign = "seats assign --data-dir data --licensee acme --csv users.csv --dry-run";
    let best_effort = place.run(&format!("{assign} --best-effort")).done().stdout;
    let rows: Vec<Vec<&str>> = best_effort.lines().map(|line| line.split_whitespace().collect()).collect();
    let expected = [
        vec!["ann", "assigned"],
        vec!["bob", "failed", "no_seats_available"],
        vec!["nobody", "failed", "invalid_user_membership"],
    ];
    assert_eq!(rows, expected);
    place.write("users.csv", "username\nann\nbob\n");
    place.run(assign).failed(1, "nothing would be changed: not_enough_seats");
    assert!(journal() == before, "the truth has changed");
}

#[test]
fn a_dry_run_needs_a_store_and_makes_none() {
    let place = Place::new();
    place.write("lines.jsonl", blocked("ann"));
    place.run("ingest --dry-run --data-dir data lines.jsonl").failed(2, "there is no store");
    assert!(!place.path("data").exists());
}
