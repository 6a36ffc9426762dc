//! `usher backtest`.

use serde_json::{Value, json};

use crate::{
    messages::{acme, joined, message},
    program::{Place, files_of},
};

/// The rules that are built in.
const BUILT_IN: &str = include_str!("../../../licensing/src/catalogue/default.toml");

fn with_rules(place: &Place, changes: &[(&str, &str)]) {
    let changed = changes.iter().fold(BUILT_IN.to_owned(), |rules, (from, to)| {
        assert!(rules.contains(from), "the catalogue has no {from}");
        rules.replace(from, to)
    });
    place.write("new.toml", changed);
}

fn backtest(place: &Place, more: &str) -> Value {
    place.run(&format!("backtest --catalog new.toml --format json --data-dir data {more}")).done().json()
}

#[test]
fn the_same_rules_make_no_difference_to_the_whole_sample_and_nothing_is_touched() {
    let place = Place::new();
    place.run("demo --no-serve --data-dir data").done();
    let events = place.run("export --data-dir data").done().stdout;
    with_rules(&place, &[]);
    let report = backtest(&place, "");
    assert_eq!((&report["licensees"], &report["differences"]), (&json!(1), &json!([])), "{report:#}");
    assert_eq!(report["licensees_with_differences"], 0);
    assert_eq!((&report["commands"]["approximate"], &report["commands"]["not_kept"]), (&json!(0), &json!({})));
    assert!(report["commands"]["exact"].as_u64().unwrap() > 2_000, "{report:#}");
    for part in ["--from 2023-01-01", "--to 2023-01-01", "--from 2022-02-01 --to 2025-06-01T12:00:00Z"] {
        let report = backtest(&place, part);
        assert_eq!(report["differences"], json!([]), "{part}: {report:#}");
    }
    let before = files_of(&place.path("data"));
    with_rules(&place, &[("grace_days = 28", "grace_days = 14")]);
    backtest(&place, "");
    let unlike = |name: &str| !["index.db-wal", "index.db-shm", "lock"].contains(&name);
    let kept = |files: Vec<(String, Vec<u8>)>| files.into_iter().filter(|(name, _)| unlike(name)).collect::<Vec<_>>();
    assert!(kept(files_of(&place.path("data"))) == kept(before), "no file has changed");
    assert_eq!(place.run("export --data-dir data").done().stdout, events);
    place.run("verify --data-dir data").done();
}

#[test]
fn a_shorter_grace_takes_seats_earlier_and_says_whose_and_until_when() {
    let place = acme(2, &["ann", "bob"]);
    place.write("users.csv", "user\nu-ann\nu-bob\n");
    place.run("seats assign --data-dir data --licensee acme --csv users.csv").done();
    let renewed = message(
        "renew",
        "usher.billing.v1.SubscriptionRenewed",
        "2026-01-20T00:00:00Z",
        json!({"licensee": "acme", "subscription": "S-2", "ends_at": "2027-01-01T00:00:00Z"}),
    );
    place.run_with_input("ingest --data-dir data --clock event-time -", renewed.as_bytes()).done();
    with_rules(&place, &[("grace_days = 28", "grace_days = 14")]);
    let report = backtest(&place, "");
    let [of_acme] = report["differences"].as_array().unwrap().as_slice() else { panic!("{report:#}") };
    let lost = |user: &str| {
        json!({
            "user": user, "product": "duo", "kind": "lost", "reason": "grace_ended",
            "from": "2026-01-15T00:00:00Z", "until": null
        })
    };
    assert_eq!(of_acme["seats"], json!([lost("u-ann"), lost("u-bob")]), "{report:#}");
    assert_eq!(report["seats"], json!({"kept": 0, "lost": 2, "gained": 0, "not_given": 0}));
    let grace = &of_acme["standings"][0];
    assert_eq!((&grace["of"], &grace["from"]), (&json!("subscription"), &json!("2026-01-15T00:00:00Z")), "{report:#}");
    let other_side = backtest(&place, "--from 2026-01-02");
    assert_eq!(other_side["differences"], json!([]), "what began before goes on as it was: {other_side:#}");
    let elsewhere = backtest(&place, "--licensee umbrella");
    assert_eq!((&elsewhere["licensees"], &elsewhere["differences"]), (&json!(0), &json!([])));
    let told = place.run("backtest --catalog new.toml --data-dir data").done().stdout;
    assert!(told.contains("u-ann") && told.contains("grace_ended") && told.contains("2 lost"), "{told}");
}

#[test]
fn r35_what_was_refused_is_decided_again_by_what_was_kept_of_it() {
    let place = acme(2, &["ann", "bob"]);
    let late = "2025-01-04T00:00:00Z";
    let buy = |id: &str, add_on: &str| {
        let data = json!({"licensee": "acme", "add_on": add_on, "quantity": 5, "channel": "sales"});
        message(id, "usher.billing.v1.SeatsPurchased", late, data)
    };
    let assign = json!({"licensee": "acme", "product": "duo", "users": ["u-ann", "u-bob", "u-cid"]});
    let assign = message("assign", "usher.seats.v1.AssignSeats", late, assign);
    let lines = buy("upgrade", "duo_enterprise") + &joined("cid") + &assign;
    let tally =
        place.run_with_input("ingest --data-dir data --clock event-time -", lines.as_bytes()).done().last_line();
    assert_eq!(tally["refused"], json!({"plan_not_eligible": 1, "not_enough_seats": 1}));
    with_rules(&place, &[("plans = [\"ultimate\"]", "plans = [\"premium\", \"ultimate\"]")]);
    let report = backtest(&place, "");
    assert_eq!(report["refusals"], json!({"new": 0, "gone": 2, "other_code": 0}), "{report:#}");
    assert_eq!(report["seats"], json!({"kept": 0, "lost": 0, "gained": 3, "not_given": 0}));
    let gone = &report["differences"][0]["refusals"];
    assert_eq!(
        gone[0],
        json!({"at": late, "command_id": "/tests#upgrade", "was": "plan_not_eligible", "would_be": "accepted"})
    );
    assert_eq!(gone[1]["was"], "not_enough_seats");
}

#[test]
fn rules_that_refuse_what_was_done_are_told_with_whoever_would_have_no_seat() {
    let place = acme(2, &["ann"]);
    place.write("users.csv", "user\nu-ann\n");
    place.run("seats assign --data-dir data --licensee acme --csv users.csv").done();
    with_rules(&place, &[("rank = 1\nplans = [\"premium\", \"ultimate\"]", "rank = 1\nplans = [\"ultimate\"]")]);
    let report = backtest(&place, "");
    let of_acme = &report["differences"][0];
    assert_eq!(report["refusals"]["new"], 2, "the start, and so the assignment: {report:#}");
    assert_eq!(of_acme["refusals"][0]["would_be"], "plan_not_eligible");
    assert_eq!(of_acme["seats"][0]["kind"], "not_given", "{report:#}");
}

#[test]
fn without_rules_or_a_store_there_is_nothing_to_try() {
    let place = acme(1, &[]);
    place.run("backtest --data-dir data").failed(2, "--catalog new.toml");
    with_rules(&place, &[]);
    place.run("backtest --catalog new.toml --data-dir none").failed(2, "there is no store");
    assert!(!place.path("none").exists());
}
