//! Read models that are made anew while they are read.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::Server;

const PATH: &str = "/v1/views/rebuild";

/// The rebuild once it does not run any more.
async fn ended(server: &Server) -> Value {
    let begun = Instant::now();
    loop {
        let shown = server.get(PATH).await.ok();
        if shown["state"] != "running" {
            return shown;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{shown}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn one_is_started_shown_and_done() {
    let server = Server::with_acme(3, 2).await;
    let none = server.get(PATH).await.ok();
    assert_eq!((&none["number"], &none["state"]), (&json!(0), &json!("none")));
    for number in 1..=2 {
        let reply = server.post(PATH, json!({})).await;
        assert_eq!(reply.status, 202);
        assert_eq!(reply.json()["number"], number);
        let done = ended(&server).await;
        assert_eq!((&done["number"], &done["state"]), (&json!(number), &json!("done")), "{done}");
        assert_eq!((&done["result"]["difference"], &done["result"]["not_compared"]), (&Value::Null, &Value::Null));
        let members = done["result"]["tables"].as_array().unwrap().iter().find(|table| table["table"] == "members");
        assert_eq!(members.unwrap()["rows"], 3);
        assert_eq!(server.get("/v1/licensees/acme").await.ok()["members"], 3);
    }
}

#[tokio::test]
async fn what_does_not_run_cannot_be_ended() {
    let server = Server::with_acme(1, 1).await;
    server.delete(PATH).await.problem(409, "no_rebuild");
    assert_eq!(server.get(PATH).await.ok()["state"], "none");
}

#[tokio::test]
async fn terms_that_mean_nothing_here_start_none() {
    let server = Server::with_acme(1, 1).await;
    server.post(&format!("{PATH}?dry_run=true"), json!({})).await.problem(400, "malformed_request");
    server.delete(&format!("{PATH}?dry_run=true")).await.problem(400, "malformed_request");
    assert_eq!(server.get(PATH).await.ok()["state"], "none");
}
