//! `usher members` and `usher user`, and what both and `usher show` tell of the past.

use serde_json::{Value, json};

use crate::{
    messages::{acme, blocked},
    program::Place,
};

/// `ann` has a seat from the second of January on, and is blocked on the third.
fn blocked_ann() -> Place {
    let place = acme(2, &["ann", "bob"]);
    place.write("users.csv", "username\nann\n");
    place.run("seats assign --data-dir data --licensee acme --csv users.csv").done();
    place.run_with_input("ingest --data-dir data --clock event-time -", blocked("ann").as_bytes()).done();
    place
}

fn usernames(members: &Value) -> Vec<&str> {
    members.as_array().unwrap().iter().map(|member| member["username"].as_str().unwrap()).collect()
}

#[test]
fn members_are_listed_filtered_and_sorted_now_and_then() {
    let place = blocked_ann();
    let members =
        |arguments: &str| place.run(&format!("members acme --data-dir data --format json {arguments}")).done().json();
    assert_eq!(usernames(&members("")), ["ann", "bob"]);
    assert_eq!(usernames(&members("--sort=-username")), ["bob", "ann"]);
    assert_eq!(usernames(&members("--sort -username --limit 1")), ["bob"]);
    assert_eq!(usernames(&members("--status blocked")), ["ann"]);
    assert_eq!(usernames(&members("--search ANN")), ["ann"]);
    assert_eq!(members("--assigned true"), json!([]));
    assert_eq!(usernames(&members("--assigned true --as-of 2025-01-02")), ["ann"]);
    assert_eq!(usernames(&members("--assigned false --as-of 2025-01-02 --status active")), ["bob"]);
    assert_eq!(members("--status blocked --as-of 2025-01-02"), json!([]));
    let table = place.run("members acme --data-dir data --as-of 2025-01-02").done().stdout;
    assert!(table.starts_with("USER"), "{table}");
    assert!(table.lines().nth(1).unwrap().contains("2025-01-02T00:00:00Z"), "{table}");
}

#[test]
fn a_user_is_shown_with_seats_and_access_now_and_then() {
    let place = blocked_ann();
    let user = |arguments: &str| {
        place.run(&format!("user u-ann --data-dir data --format json --feature duo_chat {arguments}")).done().json()
    };
    let now = user("");
    assert_eq!(
        (&now["status"], &now["seats"], &now["access"]["reason"]),
        (&json!("blocked"), &json!([]), &json!("user_not_active"))
    );
    let then = user("--as-of 2025-01-02");
    assert_eq!((&then["status"], &then["access"]["reason"]), (&json!("active"), &json!("seat")));
    assert_eq!(then["seats"][0]["licensee"], "acme");
    let table = place.run("user u-ann --data-dir data --feature duo_chat --as-of 2025-01-02").done().stdout;
    assert!(table.contains("yes: seat by acme (duo_pro)"), "{table}");
    place.run("user u-ann --data-dir data --as-of 2024-12-31").failed(1, "unknown_user");
    place.run("user u-ann --data-dir data --feature nothing").failed(1, "unknown_feature");
    place.run("user nobody --data-dir data").failed(1, "unknown_user");
}

#[test]
fn what_was_recorded_later_was_not_known() {
    let place = blocked_ann();
    // All of it was recorded by this machine, today.
    for command in ["show acme", "members acme", "user u-ann"] {
        let before = place.run(&format!("{command} --data-dir data --as-known-at 2026-01-01"));
        before.failed(1, "unknown_");
        place.run(&format!("{command} --data-dir data --as-known-at 2999-01-01")).failed(2, "later than now");
        place.run(&format!("{command} --data-dir data --as-of 2999-01-01")).failed(2, "later than now");
        place.run(&format!("{command} --data-dir data --as-known-at never")).failed(2, "use a time");
    }
    let clock = std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%S.%NZ"]).output().unwrap();
    let now = String::from_utf8(clock.stdout).unwrap();
    let shown =
        place.run(&format!("show acme --data-dir data --format json --as-known-at {}", now.trim())).done().json();
    assert_eq!(shown, place.run("show acme --data-dir data --format json").done().json());
}
