//! Messages in, events out.

use serde_json::json;

use super::{Installation, wait_until};
use crate::messages::{blocked, joined, message, started};

#[test]
fn what_is_published_takes_effect_and_auditors_read_the_same_from_the_topic() {
    let installation = Installation::new();
    let server = installation.serve();
    // In an order that does not depend on two topics: each waits for the one before it.
    let sent = installation.publish(&started(2), "--body protobuf");
    assert_eq!(sent.last_line(), json!({"sent": 1, "as_they_stood": 0}));
    wait_until("the licensee", || server.send("GET", "/v1/licensees/acme", "").0 == 200);
    installation.publish(&(joined("ann") + &joined("bob")), "");
    wait_until("the members", || server.send("GET", "/v1/licensees/acme", "").1.contains("\"members\":2"));
    let assign = json!({"licensee": "acme", "product": "duo", "users": ["u-ann", "u-bob"]});
    installation.publish(&message("assign", "usher.seats.v1.AssignSeats", "2025-01-02T00:00:00Z", assign), "");
    wait_until("the seats", || server.send("GET", "/v1/licensees/acme", "").1.contains("\"assigned\":2"));
    installation.publish(&blocked("bob"), "--body protobuf");
    wait_until("the block", || server.send("GET", "/v1/licensees/acme", "").1.contains("\"assigned\":1"));

    let count = |text: &str| text.lines().count();
    let of_topic = || installation.run("export --from-kafka").done().stdout;
    wait_until("the events in the topic", || count(&of_topic()) >= 8);
    server.stop().done();
    for format in ["jsonl", "csv", "protobuf"] {
        let export = format!("export --format {format}");
        let of_store = installation.command(&format!("{export} --data-dir data")).output().unwrap();
        let of_topic = installation.command(&format!("{export} --from-kafka")).output().unwrap();
        assert!(of_store.status.success() && !of_store.stdout.is_empty(), "{of_store:?}");
        assert_eq!(of_store.stdout, of_topic.stdout, "{format}");
    }
    let types: Vec<_> = installation
        .run("export --data-dir data")
        .done()
        .json_lines()
        .into_iter()
        .filter(|event| event["stream"] == "licensee/acme")
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect();
    let expected = [
        "SubscriptionStarted",
        "MemberAdded",
        "MemberAdded",
        "SeatAssigned",
        "SeatAssigned",
        "MemberStatusChanged",
        "SeatRemoved",
    ];
    assert_eq!(types, expected);
}

#[test]
fn a_restart_goes_on_where_it_was() {
    let installation = Installation::new();
    let server = installation.serve();
    installation.publish(&started(1), "");
    wait_until("the licensee", || server.send("GET", "/v1/licensees/acme", "").0 == 200);
    server.kill();
    installation.publish(&joined("ann"), "");
    let server = installation.serve();
    wait_until("the member", || server.send("GET", "/v1/licensees/acme", "").1.contains("\"members\":1"));
    wait_until("both events", || installation.run("export --from-kafka").done().stdout.lines().count() == 2);
    server.stop().done();
    let of_store = installation.run("export --data-dir data").done().stdout;
    assert_eq!(of_store, installation.run("export --from-kafka").done().stdout);
}
