//! `usher load` on a server of its own.

use crate::{program::Place, serve::Server};

#[test]
fn a_load_of_everything_is_borne_without_failures_and_the_company_is_made_once() {
    let place = Place::new();
    let server = Server::start(&place, "serve --listen 127.0.0.1:0");
    let load = format!("load --url {} --licensees 2 --members 60 --rate 150 --seconds 2 --format json", server.address);
    let report = place.run(&load).done().last_line();
    assert_eq!(report["all"]["requests"], 300);
    assert_eq!(report["failed"], serde_json::json!({}));
    assert_eq!(report["refused"].get("malformed_event"), None, "{report}");
    assert_eq!(report["refused"].get("unknown_licensee"), None, "{report}");
    let licensees = || place.run(&format!("show load-l1 --url {} --format json", server.address)).done().json();
    assert_eq!(licensees()["members"], 60);
    let changes = "--mix assign_one=1,remove_one=1,add_member=1,block=1,reactivate=1,change_quantity=1,assign_many=1";
    place.run(&format!("{load} {changes}")).done();
    assert_eq!(licensees()["members"], 60);
    server.stop().done();
}

#[test]
fn without_a_server_it_says_what_to_do() {
    let place = Place::new();
    place.run("load").failed(2, "--url");
    place.run("load --url http://127.0.0.1:1").failed(1, "check that usher serve runs there");
    place.run("load --url http://127.0.0.1:1 --mix sleep=1").failed(2, "check_access");
    place.run("load --url http://127.0.0.1:1 --name a/b").failed(2, "letters, digits");
}
