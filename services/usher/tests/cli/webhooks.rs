//! Events, posted to whoever asked for them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    database::database,
    messages::{acme, joined, started},
    program::Place,
    receiver::{LONG, Receiver, Reply, Taken},
    serve::Server,
};

const SERVE: &str = "serve --data-dir data --listen 127.0.0.1:0 --clock manual";

fn give(server: &Server, name: &str) {
    let path = format!("/v1/licensees/acme/products/duo/seats/u-{name}");
    let began = std::time::Instant::now();
    while server.send("PUT", &path, "").0 == 503 {
        assert!(began.elapsed() < LONG);
    }
}

fn add(place: &Place, receiver: &Receiver, at: &str) -> Value {
    place.run(&format!("webhooks add {} --types SeatAssigned --format json {at}", receiver.url())).done().json()
}

fn id(webhook: &Value) -> &str {
    webhook["webhook"]["id"].as_str().unwrap()
}

/// Waits until nothing of the licensee is still to be posted to a webhook.
fn wait_until_told(server: &Server, webhook: &Value, count: usize) {
    let began = std::time::Instant::now();
    let (_, events) = server.send("GET", "/v1/licensees/acme/events?limit=1000&type=SeatAssigned", "");
    let events: Value = serde_json::from_str(&events).unwrap();
    assert_eq!(events["items"].as_array().unwrap().len(), count);
    let last: journal::Positions = events["items"][count - 1]["position"].as_str().unwrap().parse().unwrap();
    loop {
        let (_, shown) = server.send("GET", &format!("/v1/webhooks/{}", id(webhook)), "");
        let shown: Value = serde_json::from_str(&shown).unwrap();
        if shown["position"].as_str().unwrap().parse::<journal::Positions>().unwrap().cover(&last) {
            return;
        }
        assert!(began.elapsed() < LONG, "{shown:#}");
    }
}

/// Waits until the server's metrics have this line.
fn wait_until_counted(server: &Server, line: &str) {
    let began = std::time::Instant::now();
    loop {
        let metrics = server.send("GET", "/metrics", "").1;
        if metrics.lines().any(|found| found == line) {
            return;
        }
        assert!(began.elapsed() < LONG, "{metrics}");
    }
}

#[test]
fn an_operator_registers_looks_after_and_removes_a_webhook_of_a_running_server() {
    let place = acme(9, &["ann", "bob"]);
    let receiver = Receiver::start();
    let server = Server::start(&place, SERVE);
    let url = format!("--url {}", server.address);
    let webhook = add(&place, &receiver, &url);
    let secret = webhook["secret"].as_str().unwrap().to_owned();
    give(&server, "ann");
    let taken = receiver.wait_for(1);
    assert!(taken[0].is_signed_with(&secret));
    assert_eq!((taken[0].user().as_str(), taken[0].event()["subject"].as_str()), ("u-ann", Some("licensee/acme")));
    let history: Value =
        serde_json::from_str(&server.send("GET", "/v1/licensees/acme/events?type=SeatAssigned", "").1).unwrap();
    for member in ["id", "position", "data"] {
        assert_eq!(taken[0].event()[member], history["items"][0][member], "as the history has it");
    }
    let webhook_id = id(&webhook).to_owned();
    assert!(place.run(&format!("webhooks test {webhook_id} {url}")).done().stdout.contains("delivered: true"));
    receiver.wait_for(2);
    receiver.plan([Reply::Says(410)]);
    give(&server, "bob");
    let shown = loop {
        let shown = place.run(&format!("webhooks show {webhook_id} --format json {url}")).done().json();
        if shown["state"] == "disabled" {
            break shown;
        }
    };
    assert_eq!(shown["last_problem"], "the receiver answered 410");
    let listed = place.run(&format!("webhooks list {url}")).done().stdout;
    assert!(listed.contains("disabled") && listed.contains("410") && !listed.contains("whsec_"), "{listed}");
    place.run(&format!("webhooks enable {webhook_id} {url}")).done();
    wait_until_told(&server, &webhook, 2);
    let position = receiver.taken()[0].event()["position"].as_str().unwrap().to_owned();
    place.run(&format!("webhooks replay {webhook_id} --from {position} {url}")).done();
    receiver.wait_for(5);
    assert_eq!(receiver.users(), ["u-ann", "", "u-bob", "u-ann", "u-bob"]);
    // A post counts once its answer has come back, which the receiver can't tell.
    wait_until_counted(&server, "usher_webhook_posts_total 4");
    place.run(&format!("webhooks remove {webhook_id} {url}")).done();
    assert_eq!(place.run(&format!("webhooks remove {webhook_id} {url}")).status, 1, "there is none any more");
    let ran = server.stop().done();
    assert!(!ran.stderr.contains(&secret) && !ran.stderr.contains(&receiver.url()), "{}", ran.stderr);
}

#[test]
fn a_server_that_is_killed_while_it_posts_loses_nothing_and_repeats_only_what_is_in_doubt() {
    let place = acme(9, &["ann", "bob", "cat"]);
    let receiver = Receiver::start();
    // Without a server, beside the store.
    let webhook = add(&place, &receiver, "--data-dir data");
    receiver.plan([Reply::Says(200), Reply::Hangs]);
    let server = Server::start(&place, SERVE);
    ["ann", "bob", "cat"].iter().for_each(|name| give(&server, name));
    receiver.wait_for_requests(2);
    server.kill();
    assert_eq!(receiver.users(), ["u-ann"]);
    let server = Server::start(&place, SERVE);
    wait_until_told(&server, &webhook, 3);
    assert_eq!(receiver.users(), ["u-ann", "u-bob", "u-cat"]);
    server.stop().done();
}

#[test]
fn of_several_nodes_one_posts_and_another_takes_over() {
    let (place, database) = (Place::new(), database());
    let users = ["ann", "bob", "cat", "dan", "eve", "fay"];
    let lines: String = std::iter::once(started(9)).chain(users.iter().map(|name| joined(name))).collect();
    place.write("acme.jsonl", lines);
    place.run(&format!("ingest --clock event-time --database-url {} acme.jsonl", database.url())).done();
    let receiver = Receiver::start();
    let webhook = add(&place, &receiver, &format!("--database-url {}", database.url()));
    let serve =
        format!("serve --listen 127.0.0.1:0 --clock manual:2025-02-01T00:00:00Z --database-url {}", database.url());
    let [first, second] = [(); 2].map(|()| Server::start(&place, &serve));
    users[..4].iter().for_each(|name| give(&second, name));
    wait_until_told(&second, &webhook, 4);
    assert_eq!(receiver.users(), users[..4].iter().map(|name| format!("u-{name}")).collect::<Vec<_>>());
    // The licensee's shard is with one of the two: whichever that is, the other goes on.
    first.kill();
    users[4..].iter().for_each(|name| give(&second, name));
    wait_until_told(&second, &webhook, 6);
    let told: BTreeSet<String> = receiver.taken().iter().map(Taken::user).collect();
    assert_eq!((receiver.taken().len(), told.len()), (6, 6), "each once");
    second.stop().done();
}
