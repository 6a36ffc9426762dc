//! Undoing what a command did to seats (ADR 16).

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};

use crate::{messages::user, server::Server};

const UNDO: &str = "/v1/licensees/acme/undo";

/// A group with three seats given by one command; its id.
async fn with_given(server: &Server) -> String {
    server.assign(&[user(0), user(1), user(2)]).await;
    let given = server.get("/v1/licensees/acme/events?type=SeatAssigned").await.ok();
    given["items"][0]["command_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn undo_takes_back_and_says_so_for_each_user() {
    let server = Server::with_acme(4, 3).await;
    let given = with_given(&server).await;
    let seats = "/v1/licensees/acme/products/duo/seats";
    server.delete(&format!("{seats}/{}", user(1))).await.ok();
    let body = json!({ "command_id": given });
    let preview = server.post(&format!("{UNDO}?dry_run=true"), body.clone()).await.ok();
    assert_eq!(preview["events"].as_array().unwrap().len(), 2);
    assert_eq!(preview["answer"]["failed"], json!([{"user": user(1), "code": "without_seat"}]));
    let mut undone = server.post(UNDO, body).await.ok();
    let position = undone.as_object_mut().unwrap().remove("position").unwrap();
    assert_eq!(undone, preview["answer"]);
    assert_eq!(undone["removed"], json!([user(0), user(2)]));
    let shown = server.get_at("/v1/licensees/acme", position.as_str().unwrap()).await.ok();
    assert_eq!(shown["products"]["duo"]["assigned"], 0);
}

#[tokio::test]
async fn undo_is_refused_with_codes_of_its_own() {
    let server = Server::with_acme(1, 1).await;
    let unknown = json!({"command_id": "nobody's"});
    server.post(UNDO, unknown.clone()).await.problem(404, "unknown_command");
    server.post("/v1/licensees/globex/undo", unknown).await.problem(404, "unknown_licensee");
    let joined = server.get("/v1/licensees/acme/events?type=MemberAdded").await.ok()["items"][0].clone();
    server.post(UNDO, json!({"command_id": joined["command_id"]})).await.problem(409, "nothing_to_undo");
    for malformed in [json!({}), json!({"command_id": ""}), json!({"command_id": "x".repeat(2_049)}), Value::Null] {
        server.post(UNDO, malformed).await.problem(400, "malformed_request");
    }
}

#[tokio::test]
async fn r37_undo_can_be_bound_to_a_version_and_r34_done_once_under_a_key() {
    let server = Server::with_acme(3, 3).await;
    let given = with_given(&server).await;
    let send = |tag: &str, key: &str| {
        let request = Request::post(UNDO).header("if-match", tag).header("idempotency-key", key);
        let request = request.header("content-type", "application/json");
        request.body(Body::from(json!({ "command_id": given }).to_string())).unwrap()
    };
    server.send(send("\"v1\"", "a")).await.problem(412, "version_changed");
    let version = server.get("/v1/licensees/acme").await.ok()["version"].clone();
    let tag = format!("\"v{version}\"");
    let first = server.send(send(&tag, "b")).await.ok();
    assert_eq!(server.send(send(&tag, "b")).await.ok(), first, "the same again, though the version has moved");
    let other = json!({"command_id": "other"}).to_string();
    let reused = Request::builder().method(Method::POST).uri(UNDO).header("idempotency-key", "b");
    let reused = reused.header("content-type", "application/json").body(Body::from(other)).unwrap();
    server.send(reused).await.problem(422, "idempotency_key_reused");
}
