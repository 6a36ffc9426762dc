//! `usher load` on a server of its own.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    program::{Place, Ran},
    serve::Server,
};

const EVERY_CHANGE: &str = "use=1,join=4,leave=1,deactivate=4,block=1,reactivate=1,assign_one=2,remove_one=1,\
    assign_many=1,remove_many=1,buy_seats=1,change_quantity=1,renew=1";

fn serve(place: &Place) -> Server {
    Server::start(place, "serve --listen 127.0.0.1:0")
}

fn load(place: &Place, server: &Server, more: &str) -> Value {
    place.run(&format!("load --url {} --format json {more}", server.address)).done().last_line()
}

fn licensee(server: &Server, id: &str) -> Value {
    serde_json::from_str(&server.send("GET", &format!("/v1/licensees/{id}"), "").1).unwrap()
}

/// How many requests of a kind there were.
fn requests(report: &Value, kind: &str) -> u64 {
    report["by_kind"][kind]["requests"].as_u64().unwrap_or_default()
}

/// A company of which everything that is asked can be understood.
fn assert_understood(report: &Value) {
    assert_eq!(report["failed"], json!({}));
    for code in ["malformed_event", "unknown_event_type", "unknown_licensee", "unknown_user", "without_code"] {
        assert_eq!(report["refused"].get(code), None, "{report}");
    }
}

#[test]
fn a_load_as_in_life_is_borne_without_failures_and_the_company_is_made_once() {
    let place = Place::new();
    let server = serve(&place);
    let report = load(&place, &server, "--licensees 2 --members 60 --rate 150 --seconds 2");
    assert_eq!((&report["all"]["requests"], &report["stopped"]), (&json!(300), &json!(false)));
    assert_understood(&report);
    for moment in ["start_bytes", "middle_bytes", "end_bytes"] {
        assert!(report["memory"][moment].as_u64().unwrap() > 1_000_000, "{report}");
    }
    let before = licensee(&server, "load-l1");
    assert!(before["members"].as_u64().unwrap() >= 60, "{before}");
    assert!(before["products"]["duo"]["assigned"].as_u64().unwrap() > 0, "{before}");
    let reads = "--mix check_access=2,show_licensee=1,list_members=1,show_user=1,show_history=1";
    let report = load(&place, &server, &format!("--licensees 2 --members 60 --rate 150 --seconds 1 {reads}"));
    assert_eq!(report["refused"], json!({}), "everybody is known");
    assert_eq!(licensee(&server, "load-l1")["members"], before["members"]);
    server.stop().done();
}

#[test]
fn every_kind_of_change_is_understood() {
    let place = Place::new();
    let server = serve(&place);
    let report =
        load(&place, &server, &format!("--licensees 1 --members 80 --rate 200 --seconds 3 --mix {EVERY_CHANGE}"));
    assert_understood(&report);
    for kind in EVERY_CHANGE.split(',').map(|part| part.split('=').next().unwrap()) {
        assert!(requests(&report, kind) > 0, "{kind}: {report}");
    }
    server.stop().done();
}

#[test]
fn a_churn_takes_as_many_members_away_as_it_brings() {
    let place = Place::new();
    let server = serve(&place);
    let report = load(&place, &server, "--licensees 1 --members 200 --churn 50% --rate 250 --seconds 2");
    assert_understood(&report);
    let (joined, left) = (requests(&report, "join"), requests(&report, "leave"));
    assert!((60..140).contains(&joined) && (60..140).contains(&left), "about 100 each: {report}");
    assert_eq!(licensee(&server, "load-l0")["members"], 200 + joined - left);
    server.stop().done();
}

#[test]
fn a_signal_ends_it_with_the_report_so_far() {
    let place = Place::new();
    let server = serve(&place);
    let arguments = format!("load --url {} --licensees 1 --members 20 --seconds 600 --format json", server.address);
    let mut command = place.command(arguments.split_whitespace());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let is_loaded = || server.send("GET", "/metrics", "").1.contains("/v1/users/{user}/access");
    let began = Instant::now();
    while !is_loaded() {
        assert!(began.elapsed() < Duration::from_secs(60), "no request came");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let report = Ran::of(child.wait_with_output().unwrap()).done().last_line();
    assert_eq!((&report["stopped"], &report["failed"]), (&json!(true), &json!({})));
    let asked = report["all"]["requests"].as_u64().unwrap();
    assert!(0 < asked && asked < 200 * 600, "{report}");
    server.stop().done();
}

#[test]
fn what_cannot_be_is_told_with_what_to_do() {
    let place = Place::new();
    place.run("load").failed(2, "--url");
    place.run("load --url http://127.0.0.1:1").failed(1, "check that usher serve runs there");
    place.run("load --kafka 127.0.0.1:1").failed(1, "cannot reach kafka");
    place.run("load --url http://127.0.0.1:1 --mix sleep=1").failed(2, "check_access");
    place.run("load --url http://127.0.0.1:1 --name a/b").failed(2, "letters, digits");
    place.run("load --url http://127.0.0.1:1 --churn 101%").failed(2, "percentage");
    place.run("load --url http://127.0.0.1:1 --churn 100% --seconds 1").failed(2, "churn does not fit");
    place.run("load --url http://127.0.0.1:1 --licensees 3 --members 10000000").failed(2, "members does not fit");
}
