//! What operators do with webhooks.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{
    reply::Reply,
    server::{JSON, Server},
};

const URL: &str = "https://example.com/usher";

async fn post(server: &Server, path: &str, body: Value, key: Option<&str>) -> Reply {
    let request = Request::post(path).header("content-type", JSON);
    let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
    server.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn added(server: &Server, body: Value) -> Value {
    post(server, "/v1/webhooks", body, None).await.ok()
}

fn path(webhook: &Value, below: &str) -> String {
    format!("/v1/webhooks/{}{below}", webhook["webhook"]["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_secret_is_shown_once_when_it_is_made() {
    let server = Server::with_acme(1, 1).await;
    let webhook = added(&server, json!({"url": URL, "licensee": "acme", "types": ["SeatAssigned"]})).await;
    let secret = webhook["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    let shown = server.get(&path(&webhook, "")).await.ok();
    assert_eq!(shown, webhook["webhook"]);
    assert_eq!(
        (&shown["url"], &shown["state"], &shown["failing_since"]),
        (&json!(URL), &json!("enabled"), &Value::Null)
    );
    let listed = server.get("/v1/webhooks").await.ok();
    assert_eq!(listed["items"], json!([shown]));
    assert!(!listed.to_string().contains("whsec_"));
    let rotated = post(&server, &path(&webhook, "/rotate"), json!({"old_valid_s": 60}), None).await.ok();
    assert_ne!(rotated["secret"], webhook["secret"]);
    assert!(rotated["webhook"]["old_secret_until"].is_string());
    let given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let rotated = post(&server, &path(&webhook, "/rotate"), json!({"secret": given}), None).await.ok();
    assert_eq!(rotated["secret"], given);
}

#[tokio::test]
async fn what_can_not_be_registered_is_refused_with_what_to_do() {
    let server = Server::with_acme(1, 1).await;
    for (body, told) in [
        (json!({"url": "http://example.com"}), "use https"),
        (json!({"url": "ftp://127.0.0.1"}), "http or https"),
        (json!({"url": "https://me:secret@example.com"}), "leave it away"),
        (json!({"url": URL, "types": ["SeatStolen"]}), "SeatStolen"),
        (json!({"url": URL, "secret": "hunter2"}), "whsec_"),
        (json!({"url": URL, "from": "yesterday"}), "from is no position"),
        (json!({"url": URL, "from": "0-999999"}), "nothing is at that position yet"),
        (json!({"url": URL, "licensee": "a b"}), "licensee"),
        (json!({"types": []}), "url"),
    ] {
        let problem = post(&server, "/v1/webhooks", body, None).await.problem(400, "malformed_request");
        assert!(problem["detail"].as_str().unwrap().contains(told), "{problem}");
        assert!(!problem.to_string().contains("hunter2"));
    }
    assert_eq!(server.get("/v1/webhooks").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn r34_a_webhook_that_is_registered_twice_under_one_key_is_one() {
    let server = Server::with_acme(1, 1).await;
    let body = json!({"url": URL});
    let first = post(&server, "/v1/webhooks", body.clone(), Some("once")).await.ok();
    let again = post(&server, "/v1/webhooks", body, Some("once")).await.ok();
    assert_eq!(first, again);
    let other = post(&server, "/v1/webhooks", json!({"url": "https://example.com/b"}), Some("once")).await;
    other.problem(422, "idempotency_key_reused");
    assert_eq!(server.get("/v1/webhooks").await.ok()["items"].as_array().unwrap().len(), 1);
    let [one, two] = [
        post(&server, &path(&first, "/rotate"), json!({}), Some("rotate")).await.ok(),
        post(&server, &path(&first, "/rotate"), json!({}), Some("rotate")).await.ok(),
    ];
    assert_eq!(one["secret"], two["secret"], "it is changed once");
}

#[tokio::test]
async fn r37_a_preview_changes_nothing_and_is_refused_where_the_change_would_be() {
    let server = Server::with_acme(1, 1).await;
    let nothing = json!({"events": []});
    assert_eq!(post(&server, "/v1/webhooks?dry_run=true", json!({"url": URL}), None).await.ok(), nothing);
    post(&server, "/v1/webhooks?dry_run=true", json!({"url": "http://example.com"}), None)
        .await
        .problem(400, "malformed_request");
    assert_eq!(server.get("/v1/webhooks").await.ok()["items"], json!([]));
    let webhook = added(&server, json!({"url": URL})).await;
    for (below, body) in [("/enable", json!({})), ("/rotate", json!({})), ("/replay", json!({"from": "beginning"}))] {
        let target = path(&webhook, &format!("{below}?dry_run=true"));
        assert_eq!(post(&server, &target, body, None).await.ok(), nothing, "{below}");
    }
    assert_eq!(server.delete(&path(&webhook, "?dry_run=true")).await.ok(), nothing);
    assert_eq!(server.get(&path(&webhook, "")).await.ok(), webhook["webhook"]);
    let bound = Request::delete(path(&webhook, "")).header("if-match", "\"v1\"").body(Body::empty()).unwrap();
    server.send(bound).await.problem(400, "malformed_request");
}

#[tokio::test]
async fn a_webhook_that_is_removed_is_gone() {
    let server = Server::with_acme(1, 1).await;
    let webhook = added(&server, json!({"url": URL})).await;
    assert_eq!(server.delete(&path(&webhook, "")).await.ok(), json!({"removed": true}));
    assert_eq!(server.delete(&path(&webhook, "")).await.ok(), json!({"removed": false}));
    server.get(&path(&webhook, "")).await.problem(404, "unknown_webhook");
    for (below, body) in [("/enable", json!({})), ("/rotate", json!({})), ("/test", json!({}))] {
        post(&server, &path(&webhook, below), body, None).await.problem(404, "unknown_webhook");
    }
    post(&server, &path(&webhook, "/replay"), json!({"from": "beginning"}), None).await.problem(404, "unknown_webhook");
    server.get("/v1/webhooks/one").await.problem(400, "malformed_request");
}

#[tokio::test]
async fn there_is_a_bound() {
    let server = Server::with_acme(1, 1).await;
    for _ in 0..notify::webhooks::WEBHOOKS_MAX {
        added(&server, json!({"url": URL})).await;
    }
    post(&server, "/v1/webhooks", json!({"url": URL}), None).await.problem(409, "too_many_webhooks");
}

#[tokio::test]
async fn a_replay_goes_back_and_shows_where_to() {
    let server = Server::with_acme(2, 1).await;
    let webhook = added(&server, json!({"url": URL, "licensee": "acme"})).await;
    let events = server.get("/v1/licensees/acme/events").await.ok();
    let second = events["items"][1]["position"].as_str().unwrap();
    let moved = post(&server, &path(&webhook, "/replay"), json!({"from": second}), None).await.ok();
    let (shard, position) = second.split_once('-').unwrap();
    let before = format!("{shard}-{}", position.parse::<u64>().unwrap() - 1);
    assert_eq!(moved["position"], before);
    let moved = post(&server, &path(&webhook, "/replay"), json!({"from": "beginning"}), None).await.ok();
    assert_eq!(moved["position"], format!("{shard}-0"));
}
