//! Several servers on one database.

use std::time::{Duration, Instant};

use serde_json::json;
use servers::Database;

use crate::{
    database::database,
    messages::{blocked, joined, started},
    program::Place,
    serve::Server,
};

/// How long leases of a node that died may take to pass on, with room for a slow machine.
const TAKE_OVER_MAX: Duration = Duration::from_secs(30);

fn start(place: &Place, database: &Database, more: &str) -> Server {
    let serve = "serve --listen 127.0.0.1:0 --clock manual:2025-01-01T00:00:00Z --database-url";
    Server::start(place, &format!("{serve} {} {more}", database.url()))
}

fn fed(place: &Place, database: &Database, seats: u32, members: &[&str]) {
    let lines: String = std::iter::once(started(seats)).chain(members.iter().map(|name| joined(name))).collect();
    place.write("acme.jsonl", lines);
    let clock = "--clock event-time";
    place.run(&format!("ingest {clock} --database-url {} acme.jsonl", database.url())).done();
}

fn seat(name: &str) -> String {
    format!("/v1/licensees/acme/products/duo/seats/u-{name}")
}

/// Asks until there is another answer than 503.
fn put_until_held(server: &Server, path: &str) -> (u16, String) {
    let began = Instant::now();
    loop {
        let (status, body) = server.send("PUT", path, "");
        if status != 503 {
            return (status, body);
        }
        assert!(began.elapsed() < TAKE_OVER_MAX, "{body}");
    }
}

#[test]
fn any_node_takes_any_command_and_all_show_the_same() {
    let (place, database) = (Place::new(), database());
    let nodes = [start(&place, &database, ""), start(&place, &database, ""), start(&place, &database, "")];
    let lines = started(2) + &joined("ann") + &joined("bob") + &joined("cat") + &blocked("bob");
    for (line, node) in lines.lines().zip(nodes.iter().cycle()) {
        let (status, body) = node.send("POST", "/v1/events", line);
        assert_eq!(status, 200, "{body}");
        assert!(body.contains("\"accepted\""), "{body}");
    }
    let answers = ["ann", "bob", "cat"].map(|name| nodes.each_ref().map(|node| node.send("PUT", &seat(name), "").0));
    assert_eq!(answers, [[200; 3], [409; 3], [200; 3]], "the blocked one has no seat, the others the two");
    let (status, body) = nodes[1].send("PUT", "/v1/clock", &json!({"now": "2026-06-01T00:00:00Z"}).to_string());
    assert_eq!(status, 200, "{body}");
    for node in &nodes {
        let (_, body) = node.get_behind(&body, "/v1/licensees/acme");
        let licensee: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(licensee["products"]["duo"]["status"], "none", "the clock of every node went on: {body}");
    }
    let history = place.run(&format!("history acme --format json --database-url {}", database.url())).done().json();
    let removed = history.as_array().unwrap().iter().filter(|event| event["type"] == "SeatRemoved").count();
    assert_eq!(removed, 2, "{history:#}");
    nodes.into_iter().for_each(|node| drop(node.stop().done()));
}

#[test]
fn a_node_that_leaves_hands_over_and_one_that_is_killed_is_replaced() {
    let (place, database) = (Place::new(), database());
    fed(&place, &database, 3, &["ann", "bob", "cat"]);
    let [first, second, third] = [(); 3].map(|()| start(&place, &database, ""));
    assert_eq!(first.send("PUT", &seat("ann"), "").0, 200);
    first.stop().done();
    let began = Instant::now();
    for node in [&second, &third] {
        assert_eq!(node.send("PUT", &seat("bob"), "").0, 200);
    }
    assert!(began.elapsed() < Duration::from_secs(2), "nobody waited for a lease to end: {:?}", began.elapsed());
    second.kill();
    assert_eq!(put_until_held(&third, &seat("cat")).0, 200);
    assert_eq!(third.send("GET", "/readyz", "").0, 200);
    third.stop().done();
    let shown = place.run(&format!("show acme --format json --database-url {}", database.url())).done().json();
    assert_eq!(shown["products"]["duo"]["assigned"], 3);
}

#[test]
fn operations_names_the_node_that_decides_a_shard() {
    let (place, database) = (Place::new(), database());
    let [first, second] =
        ["127.0.0.2", "127.0.0.3"].map(|host| start(&place, &database, &format!("--node-listen {host}:0")));
    for (asked, other) in [(&first, "127.0.0.3:"), (&second, "127.0.0.2:")] {
        let began = Instant::now();
        // Until the shards are shared out between the two.
        loop {
            let (status, page) = asked.send("GET", "/operations", "");
            assert_eq!(status, 200, "{page}");
            if page.contains("<td>Here</td>") && page.contains(&format!("<td>{other}")) {
                break;
            }
            assert!(began.elapsed() < TAKE_OVER_MAX, "{page}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    [first, second].into_iter().for_each(|node| drop(node.stop().done()));
}

#[test]
fn parts_run_apart() {
    let (place, database) = (Place::new(), database());
    fed(&place, &database, 1, &["ann"]);
    let decides = start(&place, &database, "--roles intake,timers");
    let shows = start(&place, &database, "--roles views");
    let answers = start(&place, &database, "--roles api");
    let (status, body) = answers.send("PUT", &seat("ann"), "");
    assert_eq!(status, 200, "{body}");
    let (_, body) = answers.get_behind(&body, "/v1/users/u-ann");
    assert!(body.contains("\"add_on\":\"duo_pro\""), "{body}");
    for node in [&decides, &shows] {
        assert_eq!(node.send("GET", "/v1/users/u-ann", "").0, 404, "only api answers callers");
        assert_eq!(node.send("GET", "/healthz", "").0, 200);
        assert_eq!(node.send("GET", "/readyz", "").0, 200);
        assert_eq!(node.send("GET", "/metrics", "").0, 200);
    }
    decides.stop().done();
    let (status, body) = answers.send("DELETE", &seat("ann"), "");
    assert_eq!(status, 503, "nobody decides: {body}");
    let again = start(&place, &database, "--roles timers");
    assert_eq!(answers.send("DELETE", &seat("ann"), "").0, 200);
    [again, shows, answers].into_iter().for_each(|node| drop(node.stop().done()));
}

#[test]
fn commands_go_to_the_nodes_that_run() {
    let (place, database) = (Place::new(), database());
    let node = start(&place, &database, "");
    fed(&place, &database, 1, &["ann", "bob"]);
    place.write("users.csv", "username\nann\nbob\n");
    let assign =
        format!("seats assign --licensee acme --csv users.csv --best-effort --database-url {}", database.url());
    let table = place.run(&assign).done().stdout;
    assert_eq!(table, "ann  assigned\nbob  failed    no_seats_available\n");
    // Any change will do to have seen what was done before it.
    let (_, body) = node.send("DELETE", &seat("bob"), "");
    let (_, body) = node.get_behind(&body, "/v1/licensees/acme");
    assert!(body.contains("\"assigned\":1"), "{body}");
    node.stop().done();
}

#[test]
fn an_address_for_other_nodes_has_to_mean_this_machine() {
    let place = Place::new();
    let serve = "serve --database-url postgres://127.0.0.1:1/a";
    place.run(&format!("{serve} --node-listen 0.0.0.0:8081")).failed(2, "node_address");
    place.run(&format!("{serve} --node-address usher-1")).failed(2, "host and a port");
    place.run("serve --data-dir data --roles api").failed(2, "roles");
    assert!(!place.path("data").exists());
}
