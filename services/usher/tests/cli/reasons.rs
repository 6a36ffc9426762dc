//! `usher diff` and `usher why`.

use serde_json::Value;

use crate::{
    messages::{acme, blocked},
    program::Place,
};

/// `acme` whose only seat ann had, until she was blocked on the third of January.
fn acme_with_ann_blocked() -> Place {
    let place = acme(1, &["ann", "bob"]);
    place.write("users.csv", "username\nann\n");
    place.run("seats assign --data-dir data --licensee acme --csv users.csv").done();
    place.run_with_input("ingest --data-dir data --clock event-time -", blocked("ann").as_bytes()).done();
    place
}

#[test]
fn why_tells_in_sentences_or_as_data() {
    let place = acme_with_ann_blocked();
    let told = place.run("why acme u-ann --data-dir data").done().stdout;
    for part in [
        "u-ann is a member since 2025-01-02T00:00:00Z: developer, human, blocked.",
        "because u-ann was blocked by message block-ann of /tests (usher.directory.v1.UserBlocked) (R26).",
        "To get a seat: the user is blocked: unblock the user in the directory.",
    ] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    let data = place.run("why acme u-ann --product duo --data-dir data --format json").done().json();
    assert_eq!(data["products"][0]["rule"], "R26");
    let then = place.run("why acme u-ann --data-dir data --format json --as-of 2025-01-02").done().json();
    assert_eq!(then["products"][0]["standing"], "works");
    place.run("why acme u-nobody --data-dir data").failed(1, "unknown_user");
    place.run("why nobody u-ann --data-dir data").failed(1, "unknown_licensee");
    place.run("why acme u-ann --data-dir data --product none").failed(1, "unknown_product");
    place.run("why acme u-ann --data-dir data --as-of 2025-01-04").failed(2, "later than now");
}

#[test]
fn diff_tells_what_moved_in_a_table_or_as_one_object() {
    let place = acme_with_ann_blocked();
    let told = place.run("diff acme --from 2025-01-02 --data-dir data").done().stdout;
    for part in ["seats of duo lost", "seat lost", "duo blocked net=removed", "status=active→blocked", "R26"] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    let data = place.run("diff acme --from 2025-01-02 --data-dir data --format json").done().json();
    let kinds: Vec<&Value> = data["items"].as_array().unwrap().iter().map(|told| &told["kind"]).collect();
    assert_eq!(kinds, ["member_changed", "seat_lost"]);
    assert_eq!(data["net"]["seats"]["duo"]["lost"], 1);
    place.run("diff acme --from 2025-01-04 --data-dir data").failed(2, "later than now");
    place.run("diff acme --from 2025-01-03 --to 2025-01-02 --data-dir data").failed(2, "exchange");
    place.run("diff acme --from 2024-01-01 --to 2024-06-01 --data-dir data").failed(1, "unknown_licensee");
}

#[test]
fn diff_reads_all_pages() {
    let names: Vec<String> = (0..1_500).map(|number| format!("m{number}")).collect();
    let place = acme(2, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let data = place.run("diff acme --from 2025-01-01 --data-dir data --format json").done().json();
    assert_eq!(data["items"].as_array().unwrap().len(), 1_500);
    assert_eq!(data["net"]["members_joined"], 1_500);
    assert!(data["next_cursor"].is_null());
}

#[test]
fn r22_every_seat_that_the_sample_lost_as_one_too_many_is_explained_by_what_the_history_says() {
    let place = Place::new();
    place.run("demo --no-serve").done();
    let history = place.run("history rails --type SeatRemoved --format json --data-dir usher-demo").done().json();
    let removals = history.as_array().unwrap();
    let first = removals.iter().find(|event| event["data"]["reason"] == "overage").expect("a renewal to fewer seats");
    let of_one_command: Vec<&Value> =
        removals.iter().filter(|event| event["command_id"] == first["command_id"]).collect();
    assert!(of_one_command.len() >= 20);
    let at = first["effective_at"].as_str().unwrap();
    for event in of_one_command.iter().take(3) {
        let (user, rank) = (event["data"]["user"].as_str().unwrap(), event["data"]["rank"].as_u64().unwrap());
        let why = format!("why rails {user} --as-of {at} --data-dir usher-demo");
        let told = place.run(&why).done().stdout;
        let last_used_at = event["data"]["last_used_at"].as_str().unwrap();
        assert!(told.contains(&format!("number {rank} to go: it was last used at {last_used_at}")), "{told}");
        assert!(told.contains(&format!(": {} too many.", of_one_command.len())), "{told}");
        assert!(told.contains("goes back to the order of a renewal"), "{told}");
        let data = place.run(&format!("{why} --format json")).done().json();
        let chain = data["products"][0]["chain"].as_array().unwrap();
        let ordered = chain.iter().find(|link| link["events"][0]["type"] == "RenewalScheduled").unwrap();
        assert_eq!(ordered["command"]["type"], "usher.billing.v1.SubscriptionRenewed");
        assert_eq!(ordered["command"]["actor"], "urn:rails:billing");
        let removed = chain.iter().flat_map(|link| link["events"].as_array().unwrap());
        assert!(removed.into_iter().any(|told| told["id"] == event["id"]));
    }
}
