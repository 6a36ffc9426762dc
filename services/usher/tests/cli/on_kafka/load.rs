//! A load with messages through the brokers.

use serde_json::{Value, json};

use super::{Installation, wait_until};
use crate::serve::Server;

fn members(server: &Server) -> u64 {
    let (_, body) = server.send("GET", "/v1/licensees/load-l0", "");
    serde_json::from_str::<Value>(&body).unwrap()["members"].as_u64().unwrap_or_default()
}

fn requests(report: &Value, kind: &str) -> u64 {
    report["by_kind"][kind]["requests"].as_u64().unwrap_or_default()
}

#[test]
fn messages_are_delivered_and_shown_and_everything_else_asked() {
    let installation = Installation::new();
    let server = installation.serve();
    let mix = "join=4,leave=1,deactivate=2,block=1,use=4,buy_seats=1,renew=1,check_access=4,assign_one=2";
    let load = format!("load --url {} --licensees 1 --members 40 --rate 60 --seconds 4", server.address);
    let report = installation.run(&format!("{load} --mix {mix} --format json")).done().last_line();
    assert_eq!((&report["all"]["requests"], &report["failed"]), (&json!(240), &json!({})));
    for kind in ["join", "deactivate"] {
        let shown = report["shown"][kind]["requests"].as_u64().unwrap();
        assert!(0 < shown && shown <= requests(&report, kind), "{report}");
    }
    assert!(report["shown"].get("check_access").is_none() && requests(&report, "check_access") > 0, "{report}");
    let expected = 40 + requests(&report, "join") - requests(&report, "leave");
    wait_until("everybody who joined and nobody who left", || members(&server) == expected);
    assert_eq!(installation.run("dead-letters list --format json").done().stdout, "[]\n");
    server.stop().done();
}

#[test]
fn without_a_server_everything_is_told_to_the_brokers() {
    let installation = Installation::new();
    let server = installation.serve();
    let report = installation
        .run("load --licensees 1 --members 30 --rate 100 --seconds 2 --mix join=2,leave=1,check_access=5 --format json")
        .done()
        .last_line();
    let (joined, left) = (requests(&report, "join"), requests(&report, "leave"));
    assert_eq!((joined + left, &report["failed"], &report["memory"]), (200, &json!({}), &Value::Null));
    assert_eq!((&report["by_kind"].get("check_access"), &report["shown"]), (&None, &json!({})));
    wait_until("everybody who joined and nobody who left", || members(&server) == 30 + joined - left);
    installation.run("load --mix check_access=1").failed(2, "brokers take no reads");
    server.stop().done();
}
