//! `usher seats`.

use serde_json::{Value, json};

use crate::{
    messages::{acme, blocked},
    program::{Place, Ran},
};

const ASSIGN: &str = "seats assign --data-dir data --licensee acme --csv users.csv --format json";
const REMOVE: &str = "seats remove --data-dir data --licensee acme --csv users.csv --format json";

fn outcomes(ran: &Ran) -> Vec<String> {
    let rows = ran.json_lines();
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let shown =
        rows.iter().map(|row| format!("{} {} {}", text(row, "username"), text(row, "outcome"), text(row, "code")));
    shown.map(|row| row.trim_end().to_owned()).collect()
}

fn assigned(place: &Place) -> Value {
    place.run("show acme --data-dir data --format json").done().json()["products"]["duo"]["assigned"].clone()
}

#[test]
fn r24_each_row_has_a_line_and_holders_cost_nothing() {
    let place = acme(2, &["ann", "bob"]);
    place.write("users.csv", "username\nann\n");
    assert_eq!(outcomes(&place.run(ASSIGN).done()), ["ann assigned"]);
    place.write("users.csv", "Name,Username\nBob,bob\nAnn,ann\nBob,bob\n");
    assert_eq!(outcomes(&place.run(ASSIGN).done()), ["bob assigned", "ann already_assigned", "bob assigned"]);
    let table = place.run("seats assign --data-dir data --licensee acme --csv users.csv").done().stdout;
    assert_eq!(table, "bob  already_assigned\nann  already_assigned\nbob  already_assigned\n");
    assert_eq!(assigned(&place), 2);
}

#[test]
fn r24_all_or_nothing_is_refused_as_a_whole_with_1() {
    let place = acme(2, &["ann", "bob", "cat"]);
    place.write("users.csv", "username\nann\nbob\ncat\n");
    let ran = place.run(ASSIGN).failed(1, "not_enough_seats");
    assert_eq!(outcomes(&ran), ["ann", "bob", "cat"].map(|name| format!("{name} failed not_enough_seats")));
    place.write("users.csv", "username\nann\nnobody\n");
    let ran = place.run(ASSIGN).failed(1, "invalid_user_id_present");
    assert_eq!(outcomes(&ran), ["ann failed invalid_user_id_present", "nobody failed invalid_user_membership"]);
    place.run_with_input("ingest --data-dir data --clock event-time -", blocked("bob").as_bytes()).done();
    place.write("users.csv", "username\nann\nbob\n");
    let ran = place.run(ASSIGN).failed(1, "invalid_user_id_present");
    assert_eq!(outcomes(&ran), ["ann failed invalid_user_id_present", "bob failed invalid_user_membership"]);
    assert_eq!(assigned(&place), 0);
}

#[test]
fn r24_best_effort_does_what_can_be_done_with_0() {
    let place = acme(2, &["ann", "bob", "cat"]);
    place.write("users.csv", "username\nnobody\nann\nbob\ncat\n");
    let ran = place.run(&format!("{ASSIGN} --best-effort")).done();
    let expected =
        ["nobody failed invalid_user_membership", "ann assigned", "bob assigned", "cat failed no_seats_available"];
    assert_eq!(outcomes(&ran), expected);
    place.write("users.csv", "username\nnobody\n");
    let ran = place.run(&format!("{ASSIGN} --best-effort")).done();
    assert_eq!(outcomes(&ran), ["nobody failed invalid_user_membership"]);
}

#[test]
fn r25_removal_tells_who_had_none() {
    let place = acme(2, &["ann", "bob"]);
    place.write("users.csv", "user\nu-ann\n");
    place.run(ASSIGN).done();
    place.write("users.csv", "user\nu-bob\nann\n");
    assert_eq!(outcomes(&place.run(REMOVE).done()), ["u-bob without_seat", "ann removed"]);
    let ran = place.run(REMOVE).failed(1, "no_assignments_found");
    assert_eq!(outcomes(&ran), ["u-bob failed no_assignments_found", "ann failed no_assignments_found"]);
    let ran = place.run(&format!("{REMOVE} --best-effort")).done();
    assert_eq!(outcomes(&ran), ["u-bob without_seat", "ann without_seat"]);
}

#[test]
fn r25_an_unknown_row_does_not_keep_others_from_losing_their_seat() {
    let place = acme(2, &["ann", "bob"]);
    for (header, ann, stranger, verdict) in [
        ("user", "u-ann", "u-nobody", "u-nobody without_seat"),
        ("username", "ann", "nobody", "nobody failed invalid_user_membership"),
    ] {
        place.write("users.csv", "user\nu-ann\n");
        place.run(ASSIGN).done();
        place.write("users.csv", format!("{header}\n{ann}\n{stranger}\n"));
        let removed = format!("{ann} removed");
        assert_eq!(outcomes(&place.run(REMOVE).done()), [removed.as_str(), verdict]);
    }
    place.write("users.csv", "username\nnobody\n");
    place.run(REMOVE).failed(1, "no_assignments_found");
    place.write("users.csv", "user\nu-ann\nu-nobody\n");
    let ran = place.run(ASSIGN).failed(1, "invalid_user_id_present");
    assert_eq!(outcomes(&ran), ["u-ann failed invalid_user_id_present", "u-nobody failed invalid_user_membership"]);
}

#[test]
fn a_list_may_come_from_standard_input() {
    let place = acme(1, &["ann"]);
    let ran = place.run_with_input(&ASSIGN.replace("users.csv", "-"), b"username\nann\n").done();
    assert_eq!(ran.json_lines(), [json!({"username": "ann", "user": "u-ann", "outcome": "assigned"})]);
}

#[test]
fn r34_under_the_same_key_nothing_happens_twice() {
    let place = acme(1, &["ann", "bob"]);
    let keyed = format!("{ASSIGN} --idempotency-key once");
    place.write("users.csv", "username\nann\n");
    place.run(&keyed).done();
    place.run(REMOVE).done();
    assert_eq!(outcomes(&place.run(&keyed).done()), ["ann assigned"]);
    assert_eq!(assigned(&place), 0);
    place.write("users.csv", "username\nbob\n");
    place.run(&keyed).failed(1, "idempotency_key_reused");
}

#[test]
fn a_name_that_two_users_bear_is_nobodys() {
    let place = acme(2, &["ann"]);
    let twin = crate::messages::joined("ann").replace("u-ann", "u-twin").replace("join-ann", "join-twin");
    place.run_with_input("ingest --data-dir data --clock event-time -", twin.as_bytes()).done();
    place.write("users.csv", "username\nann\n");
    let ran = place.run(&format!("{ASSIGN} --best-effort")).done();
    assert_eq!(outcomes(&ran), ["ann failed ambiguous_username"]);
}

#[test]
fn without_a_list_a_store_or_a_licensee_nothing_is_done() {
    let place = acme(2, &["ann"]);
    place.run(ASSIGN).failed(1, "users.csv");
    place.write("users.csv", "email\nann@example.com\n");
    place.run(ASSIGN).failed(1, "username");
    place.write("users.csv", "username\n");
    place.run(ASSIGN).failed(1, "empty_user_list");
    place.write("users.csv", "username\nann\n");
    place.run(&ASSIGN.replace("acme", "nobody")).failed(1, "unknown_licensee");
    place.run(&format!("{ASSIGN} --product tea")).failed(1, "unknown_product");
    place.run(&ASSIGN.replace("--data-dir data", "")).failed(2, "--data-dir");
    assert!(!place.path("usher-data").exists());
}

#[test]
fn the_clock_of_a_store_that_messages_drove_stands_still() {
    let place = acme(1, &["ann"]);
    place.write("users.csv", "username\nann\n");
    place.run(ASSIGN).done();
    let history = place.run("history acme --data-dir data --type SeatAssigned --format json").done().json();
    assert_eq!(history[0]["effective_at"], "2025-01-02T00:00:00Z");
    // By the machine's clock the subscription is long over.
    place.run(&format!("{ASSIGN} --clock system")).failed(1, "purchase_not_active");
}
