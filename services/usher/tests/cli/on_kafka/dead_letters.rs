//! `usher dead-letters`.

use serde_json::json;

use super::{Installation, wait_until};
use crate::messages::{message, started};

#[test]
fn r35_what_was_refused_is_listed_and_sent_again_once_its_cause_is_mended() {
    let installation = Installation::new();
    let server = installation.serve();
    let bought = json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 9, "channel": "sales"});
    let too_early = message("buy", "usher.billing.v1.SeatsPurchased", "2025-01-02T00:00:00Z", bought);
    let nonsense = "{\"id\": \"nonsense\"}\n";
    let sent = installation.publish(&(too_early + nonsense), "");
    assert_eq!(sent.last_line(), json!({"sent": 2, "as_they_stood": 1}));
    let listed = || installation.run("dead-letters list --format json").done().json();
    wait_until("both letters", || listed().as_array().is_some_and(|letters| letters.len() == 2));
    let table = installation.run("dead-letters list --code malformed_event").done().stdout;
    assert_eq!(table.lines().count(), 2, "a heading and one letter: {table}");

    let retry = "dead-letters retry --code unknown_licensee";
    installation.publish(&started(2), "");
    wait_until("the licensee", || server.send("GET", "/v1/licensees/acme", "").0 == 200);
    let sent_again = installation.run(retry).done().stdout;
    assert!(sent_again.contains("sent as buy~retry-1"), "{sent_again}");
    wait_until("the seats", || server.send("GET", "/v1/licensees/acme", "").1.contains("\"quantity\":11"));
    let again = installation.run(retry).done().stdout;
    assert!(again.contains("was sent before"), "{again}");
    let left = installation.run("dead-letters list --not-retried --format json").done().json();
    assert_eq!(left.as_array().unwrap().len(), 1, "{left:#}");
    server.stop().done();
}
