//! What Kafka's topics hold of whoever is erased (R30).

use std::process::Command;

use serde_json::json;

use super::{Installation, wait_until};
use crate::messages::{message, started};

const TRACE: &str = "quartermaine";

/// All records of a topic as they are, with keys and headers.
fn records(installation: &Installation, topic: &str) -> String {
    let topic = format!("{}{topic}", installation.prefix);
    let mut kcat = Command::new("kcat");
    kcat.args(["-C", "-J", "-e", "-q", "-o", "beginning", "-b", &installation.bootstrap, "-t", &topic]);
    let output = kcat.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).to_lowercase()
}

#[test]
fn r30_events_on_the_topic_never_hold_a_name_and_dead_letters_do_until_their_time_is_over() {
    let installation = Installation::new();
    let server = installation.serve();
    installation.publish(&started(2), "--body protobuf");
    wait_until("the licensee", || server.send("GET", "/v1/licensees/acme", "").0 == 200);
    let member = |id: &str, role: &str| {
        let data = json!({
            "licensee": "acme", "user": "u-77", "username": "w.quartermaine", "name": "W. Quartermaine",
            "email": "w@quartermaine.example", "role": role, "type": "human"
        });
        message(id, "usher.directory.v1.MemberAdded", "2025-01-02T00:00:00Z", data)
    };
    installation.publish(&(member("m-1", "developer") + &member("m-2", "king")), "");
    wait_until("the member", || server.send("GET", "/v1/licensees/acme", "").1.contains("\"members\":1"));
    let erase = format!("erase u-77 --yes --url {}", server.address);
    installation.run(&erase).done();
    let events = || records(&installation, "usher.licensing.v1");
    wait_until("the deletion on the topic", || events().contains("userdeleted"));
    assert!(events().contains("memberadded") && !events().contains(TRACE), "{}", events());
    // Refused messages are kept as they came, for a time that the guide for operators names.
    wait_until("the letter", || records(&installation, "usher.dead-letters.v1").contains(TRACE));
    let listed = installation.run("dead-letters list --key u-77 --format json").done();
    let listed_by_licensee = installation.run("dead-letters list --key acme --format json").done();
    assert!((listed.stdout + &listed_by_licensee.stdout).contains("m-2"));
    let ran = server.stop().done();
    assert!(!ran.stderr.to_lowercase().contains(TRACE), "{ran:#?}");
}
