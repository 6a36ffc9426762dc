use serde_json::json;

use crate::{messages::subscription, server::Server};

const SYNC: &str = "/v1/licensees/inst/sync";

#[tokio::test]
async fn r17_a_sync_answers_with_the_licensee_as_it_is_shown_after() {
    let server = Server::new();
    server.accept(&[subscription("inst", "self_managed", 5)]).await;
    let before = server.get("/v1/licensees/inst").await.ok();
    assert_eq!(before["products"]["duo"]["status"], "pending_sync");
    let reply = server.post(SYNC, json!({"version": "17.5.2-ee"})).await;
    let position = reply.position();
    let synced = reply.ok();
    assert_eq!(synced["products"]["duo"]["status"], "active");
    assert_eq!((&synced["instance_version"], &synced["name"]), (&json!("17.5.2-ee"), &json!("inst Inc.")));
    let shown = server.get_at("/v1/licensees/inst", &position).await;
    assert_eq!(shown.ok(), synced);
    assert_eq!(shown.header("etag"), reply.header("etag"));
}

#[tokio::test]
async fn r17_gitlab_com_does_not_synchronise() {
    let server = Server::with_acme(0, 1).await;
    server.post("/v1/licensees/acme/sync", json!({"version": "17.5"})).await.problem(409, "offering_mismatch");
}

#[tokio::test]
async fn a_version_that_cannot_be_read_is_400() {
    let server = Server::new();
    server.accept(&[subscription("inst", "self_managed", 5)]).await;
    for bad in [
        json!({}),
        json!({"version": null}),
        json!({"version": 17.5}),
        json!({"version": "latest"}),
        json!({"version": ""}),
    ] {
        server.post(SYNC, bad).await.problem(400, "malformed_request");
    }
}
