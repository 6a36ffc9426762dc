//! `usher timers`.

use serde_json::json;

use crate::messages::acme;

#[test]
fn what_is_due_is_told_for_all_or_for_one() {
    let place = acme(2, &["ann"]);
    let timer = json!({"licensee": "acme", "kind": "subscription_expires", "due_at": "2026-01-01T00:00:00Z"});
    let all = place.run("timers --data-dir data --format json").done().json();
    assert_eq!(all, json!([timer]));
    let one = place.run("timers --data-dir data --licensee acme --format json").done().json();
    assert_eq!(one, all);
    let table = place.run("timers --data-dir data").done().stdout;
    assert_eq!(table.lines().nth(1).unwrap(), "2026-01-01T00:00:00Z  acme      subscription_expires");
}
