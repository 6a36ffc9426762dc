//! `usher history`.

use crate::{
    messages::acme,
    program::{Place, files_of},
};

const HISTORY: &str = "history acme --data-dir data --format json";

fn types(place: &Place, options: &str) -> Vec<String> {
    let ran = place.run(&format!("{HISTORY} {options}")).done();
    let events = ran.json();
    events.as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn json_is_one_array_of_all_events_in_order() {
    let place = acme(2, &["ann", "bob"]);
    let events = place.run(HISTORY).done().json();
    let events = events.as_array().unwrap();
    let versions: Vec<_> = events.iter().map(|event| event["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, (1..=events.len() as u64).collect::<Vec<_>>());
    for field in ["position", "id", "type", "effective_at", "recorded_at", "actor", "command_id", "data"] {
        assert!(events.iter().all(|event| !event[field].is_null()), "{field}");
    }
    assert_eq!(events.last().unwrap()["data"]["user"], "u-bob");
}

#[test]
fn the_table_names_the_command_of_each_event_as_a_whole() {
    let place = acme(2, &["ann"]);
    let events = place.run(HISTORY).done().json();
    let table = place.run("history acme --data-dir data").done().stdout;
    for (event, row) in events.as_array().unwrap().iter().zip(table.lines().skip(1)) {
        let id = event["command_id"].as_str().unwrap();
        assert!(row.split_whitespace().any(|cell| cell == id), "{id} is not in {row}");
    }
    let heading: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(heading, ["VERSION", "EFFECTIVE", "AT", "TYPE", "ACTOR", "COMMAND", "DATA"]);
}

#[test]
fn all_pages_are_read() {
    let names: Vec<String> = (0..1_500).map(|number| format!("m{number}")).collect();
    let place = acme(2, &names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(types(&place, "--type MemberAdded").len(), 1_500);
    let table = place.run("history acme --data-dir data --type MemberAdded").done().stdout;
    assert_eq!(table.lines().count(), 1_501, "a heading and a line an event");
}

#[test]
fn from_is_inclusive_to_is_not_and_types_add_up() {
    let place = acme(2, &["ann"]);
    assert_eq!(types(&place, "--from 2025-01-02"), ["MemberAdded"]);
    assert!(!types(&place, "--to 2025-01-02").contains(&"MemberAdded".to_owned()));
    assert_eq!(types(&place, "--type MemberAdded,SubscriptionStarted"), ["SubscriptionStarted", "MemberAdded"]);
    assert_eq!(types(&place, "--type SeatRemoved"), [""; 0]);
    assert_eq!(place.run(&format!("{HISTORY} --type SeatRemoved")).done().stdout, "[]\n");
    place.run(&format!("{HISTORY} --type Nonsense")).failed(2, "Nonsense");
}

#[test]
fn a_licensee_nobody_has_heard_of_is_1() {
    let place = acme(1, &[]);
    place.run("history nobody --data-dir data").failed(1, "unknown_licensee");
}

#[test]
fn reading_changes_nothing() {
    let place = acme(2, &["ann"]);
    // The first run after feeding fills the read models; from then on there is nothing left to do.
    place.run(HISTORY).done();
    let journal_of = |place: &Place| {
        let files = files_of(&place.path("data"));
        files.into_iter().filter(|(name, _)| name.starts_with("journal.db")).collect::<Vec<_>>()
    };
    let before = journal_of(&place);
    for command in
        [HISTORY, "show acme --data-dir data", "show acme --data-dir data --as-of 2025-01-02", "timers --data-dir data"]
    {
        place.run(command).done();
    }
    assert!(journal_of(&place) == before, "the journal was written to");
}
