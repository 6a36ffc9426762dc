//! `usher undo`.

use serde_json::Value;

use crate::{
    messages::acme,
    program::{Place, Ran},
};

fn outcomes(ran: &Ran) -> Vec<(String, Value)> {
    ran.json_lines().iter().map(|row| (row["outcome"].as_str().unwrap().to_owned(), row["code"].clone())).collect()
}

#[test]
fn undo_of_a_renewal_of_the_sample_restores_those_who_lost_their_seats() {
    let place = Place::new();
    place.run("demo --no-serve --data-dir data").done();
    let holders =
        || place.run("show rails --data-dir data --format json").done().json()["products"]["duo"]["assigned"].clone();
    let removed = place.run("history rails --type SeatRemoved --data-dir data --format json").done().json();
    let removed = removed.as_array().unwrap().iter().filter(|event| event["data"]["reason"] == "overage");
    let last = removed.clone().next_back().unwrap()["command_id"].as_str().unwrap();
    let lost = removed.filter(|event| event["command_id"] == last).count();
    assert!(lost > 1, "{lost}");
    let undo = format!("undo rails {last} --data-dir data --format json");
    let before = holders();
    let dry = outcomes(&place.run(&format!("{undo} --dry-run")).done());
    assert_eq!(holders(), before);
    assert_eq!(dry.len(), lost);
    // The pool is full, so nobody can come back before seats are bought.
    assert!(dry.iter().all(|(outcome, code)| outcome == "failed" && code == "no_seats_available"), "{dry:?}");
    let more = "{\"specversion\":\"1.0\",\"id\":\"more\",\"source\":\"/t\",\"time\":\"2026-06-30T00:00:00Z\",\
        \"type\":\"usher.billing.v1.SeatQuantityChanged\",\
        \"data\":{\"licensee\":\"rails\",\"add_on\":\"duo_pro\",\"quantity\":50}}\n";
    place.run_with_input("ingest --data-dir data --clock event-time -", more.as_bytes()).done();
    let done = outcomes(&place.run(&undo).done());
    let restored = done.iter().filter(|(outcome, _)| outcome == "restored").count();
    assert_eq!(restored as u64, holders().as_u64().unwrap() - before.as_u64().unwrap());
    assert!(restored > 0 && done.len() == lost, "{done:?}");
    place.run("verify --data-dir data").done();
}

#[test]
fn undo_names_the_users_and_refuses_what_it_can_not_find() {
    let place = acme(2, &["ann", "bob"]);
    place.write("users.csv", "username\nann\nbob\n");
    place.run("seats assign --data-dir data --licensee acme --csv users.csv --idempotency-key k").done();
    let table = place.run("undo acme key:k --data-dir data").done().stdout;
    assert_eq!(table, "u-ann  ann  removed\nu-bob  bob  removed\n");
    place.run("undo acme nobody --data-dir data").failed(1, "unknown_command");
    place.run("undo globex nobody --data-dir data").failed(1, "unknown_licensee");
}
