//! `usher reconcile`.

use serde_json::json;

use crate::{
    database::database,
    messages::{acme, message, started},
    program::Place,
};

const HEADING: &str = "licensee,add_on,quantity,ends_at,plan,seats\n";

/// `acme` has 50 seats, and since June 30.
fn changed() -> Place {
    let place = acme(50, &["ann"]);
    place.run_with_input("ingest --data-dir data --clock event-time -", lowered().as_bytes()).done();
    place
}

fn lowered() -> String {
    let data = json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 30});
    message("lower", "usher.billing.v1.SeatQuantityChanged", "2025-06-02T00:00:00Z", data)
}

#[test]
fn a_list_that_says_the_same_agrees() {
    let place = changed();
    place.write("billing.csv", format!("{HEADING}acme,duo_pro,30,2026-01-01,premium,100\n"));
    let told = place.run("reconcile --billing billing.csv --data-dir data").done();
    assert!(told.stdout.ends_with("1 agree, 0 differ, 0 only in billing's list, 0 only in the journal\n"), "{told:#?}");
    let list = r#"{"licensee":"acme","add_on":"duo_pro","quantity":50,"ends_at":"2026-01-01"}"#;
    place.write("billing.jsonl", list);
    place.run("reconcile --billing billing.jsonl --data-dir data --as-of 2025-06-01").done();
    place.run("reconcile --billing billing.jsonl --data-dir data").failed(1, "");
}

#[test]
fn the_event_is_named_since_which_both_part() {
    let place = changed();
    place.write("billing.csv", format!("{HEADING}acme,duo_pro,50,2026-01-01,,\nglobex,duo_pro,5,2026-01-01,,\n"));
    let told = place.run("reconcile --billing billing.csv --data-dir data");
    assert_eq!(told.status, 1, "{told:#?}");
    let sentence = "quantity: billing says 50; the journal said so from 2025-01-01T00:00:00Z until SeatQuantityChanged of \
                    2025-06-02T00:00:00Z by";
    for part in
        [sentence, "command /tests#lower), and says 30 since then", "only billing", "0 agree, 1 differ, 1 only in"]
    {
        assert!(told.stdout.contains(part), "{part}: {told:#?}");
    }
    let json = place.run("reconcile --billing billing.csv --data-dir data --format json").json();
    let disagreement = &json["findings"][0]["disagreements"][0];
    assert_eq!((&disagreement["billing"], &disagreement["journal"]), (&json!("50"), &json!("30")));
    assert_eq!(disagreement["parted"]["type"], "SeatQuantityChanged");
    assert_eq!(disagreement["parted"]["command_id"], "/tests#lower");
    assert_eq!(disagreement["agreed_from"]["type"], "SubscriptionStarted");
    assert_eq!(json["counts"], json!({"agree": 0, "differ": 1, "only_billing": 1, "only_journal": 0}));
}

#[test]
fn what_billing_does_not_know_is_named() {
    let place = changed();
    place.write("billing.csv", HEADING);
    let told = place.run("reconcile --billing billing.csv --data-dir data");
    assert!(told.status == 1 && told.stdout.contains("only journal"), "{told:#?}");
    assert!(told.stdout.contains("billing says nothing"), "{told:#?}");
    // The term has ended by then.
    let ended = message("end", "usher.directory.v1.UserReactivated", "2026-03-01T00:00:00Z", json!({"user": "u-ann"}));
    place.run_with_input("ingest --data-dir data --clock event-time -", ended.as_bytes()).done();
    place.run("reconcile --billing billing.csv --data-dir data").done();
}

#[test]
fn what_can_not_be_compared_is_told() {
    let place = changed();
    place.write("bad.csv", "licensee,quantity\nacme,3\n");
    place.write("billing.csv", HEADING);
    for (arguments, status, told) in [
        ("reconcile --data-dir data", 2, "--billing"),
        ("reconcile --billing none.csv --data-dir data", 1, "none.csv"),
        ("reconcile --billing bad.csv --data-dir data", 1, "heading"),
        ("reconcile --billing billing.csv --data-dir none", 2, "there is no store"),
        ("reconcile --billing billing.csv --data-dir data --as-of 2999-01-01", 2, "later than now"),
    ] {
        place.run(arguments).failed(status, told);
    }
}

#[test]
fn a_database_is_compared_as_well() {
    let (place, database) = (Place::new(), database());
    place.write("acme.jsonl", started(50) + &lowered());
    let of_database = format!("--database-url {}", database.url());
    place.run(&format!("ingest --clock event-time {of_database} acme.jsonl")).done();
    place.write("billing.csv", format!("{HEADING}acme,duo_pro,30,2026-01-01,premium,100\n"));
    place.run(&format!("reconcile --billing billing.csv {of_database}")).done();
}
