//! `usher ingest`.

use std::process::Command;

use serde_json::json;

use crate::{
    messages::{acme, joined, message, started},
    program::Place,
};

/// One more than the longest line.
const TOO_LONG_BYTES: usize = 8 * 1024 * 1024 + 1;

#[test]
fn the_last_line_counts_every_line_once() {
    let place = Place::new();
    let unknown_type = message("1", "usher.billing.v1.Nonsense", "2025-01-01T00:00:00Z", json!({}));
    let no_licensee = message(
        "2",
        "usher.seats.v1.AssignSeats",
        "2025-01-01T00:00:00Z",
        json!({"licensee": "nobody", "product": "duo", "users": ["ann"]}),
    );
    let mut text = format!("{}\n{}{{\"id\": \n  \n{unknown_type}", started(2), joined("ann")).into_bytes();
    text.extend(vec![b'x'; TOO_LONG_BYTES]);
    text.extend(b"\n");
    text.extend(started(2).bytes());
    text.extend(unknown_type.bytes());
    // Without a line feed at the end.
    text.extend(no_licensee.trim_end().bytes());
    place.write("a.jsonl", text);
    let ran = place.run("ingest --data-dir data --clock event-time a.jsonl").done();
    let refused = json!({"malformed_event": 2, "unknown_event_type": 1, "unknown_licensee": 1});
    assert_eq!(ran.last_line(), json!({"accepted": 2, "duplicate": 2, "refused": refused}));
}

#[test]
fn several_files_standard_input_and_gzip_are_read_in_order() {
    let place = Place::new();
    place.write("a.jsonl", started(2));
    place.write("b.jsonl", joined("ann"));
    assert!(Command::new("gzip").arg(place.path("b.jsonl")).status().unwrap().success());
    let arguments = "ingest --data-dir data --clock event-time a.jsonl - b.jsonl.gz";
    let ran = place.run_with_input(arguments, joined("bob").as_bytes()).done();
    assert_eq!(ran.stdout, "{\"accepted\":3,\"duplicate\":0,\"refused\":{}}\n");
    let shown = place.run("show acme --data-dir data --format json").done().json();
    assert_eq!(shown["members"], 2);
}

#[test]
fn r34_a_second_time_everything_is_a_duplicate_and_nothing_changes() {
    let place = acme(2, &["ann", "bob"]);
    let before = place.run("history acme --data-dir data --format json").done().stdout;
    let ran = place.run("ingest --data-dir data --clock event-time acme.jsonl").done();
    assert_eq!(ran.last_line(), json!({"accepted": 0, "duplicate": 3, "refused": {}}));
    assert_eq!(place.run("history acme --data-dir data --format json").done().stdout, before);
}

#[test]
fn a_file_that_is_not_there_is_1_before_anything_is_fed() {
    let place = Place::new();
    place.write("a.jsonl", started(2));
    let ran = place.run("ingest --data-dir data a.jsonl none.jsonl").failed(1, "none.jsonl");
    assert_eq!(ran.last_line(), json!({"accepted": 0, "duplicate": 0, "refused": {}}));
}

#[test]
fn a_file_that_cannot_be_read_to_its_end_is_1_and_what_got_in_is_told() {
    let place = Place::new();
    place.write("a.jsonl", [started(2), joined("ann")].concat());
    assert!(Command::new("gzip").arg(place.path("a.jsonl")).status().unwrap().success());
    let whole = std::fs::read(place.path("a.jsonl.gz")).unwrap();
    place.write("a.jsonl.gz", &whole[..whole.len() - 4]);
    let ran = place.run("ingest --data-dir data --clock event-time a.jsonl.gz").failed(1, "caused by: ");
    assert_eq!(ran.last_line(), json!({"accepted": 2, "duplicate": 0, "refused": {}}));
    // A folder opens like a file, and can't be read like one.
    let ran = place.run("ingest --data-dir data --clock event-time a.jsonl.gz .").failed(1, "to its end");
    assert_eq!(ran.last_line()["duplicate"], 2);
}

#[test]
fn with_event_time_the_clock_follows_the_messages_and_is_kept() {
    let place = acme(2, &["ann"]);
    // Beyond the end of the term and of the grace.
    let late = message("late", "usher.directory.v1.UserBlocked", "2026-03-01T00:00:00Z", json!({"user": "u-x"}));
    place.run_with_input("ingest --data-dir data --clock event-time -", late.as_bytes()).done();
    let shown = place.run("show acme --data-dir data --format json").done().json();
    assert_eq!(shown["subscription"]["status"], "ended");
    place.run("show acme --data-dir data --as-of 2026-03-01").done();
    place.run("show acme --data-dir data --as-of 2026-03-02").failed(2, "later than now");
}

#[test]
fn an_empty_input_is_no_problem() {
    let ran = Place::new().run("ingest --data-dir data -").done();
    assert_eq!(ran.stdout, "{\"accepted\":0,\"duplicate\":0,\"refused\":{}}\n");
}
