use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::json;

use crate::{
    messages::subscription,
    server::{EVENTS, JSON, ONE_EVENT, Server},
};

const SEAT: &str = "/v1/licensees/acme/products/duo/seats/u-00";
const ASSIGN: &str = "/v1/licensees/acme/products/duo/seats/assign";

#[tokio::test]
async fn parameters_that_cannot_be_read_are_400() {
    let server = Server::with_acme(2, 1).await;
    for path in [
        "/v1/licensees?limit=0",
        "/v1/licensees?limit=1001",
        "/v1/licensees?limit=-1",
        "/v1/licensees?limit=",
        "/v1/licensees?limit=ten",
        "/v1/licensees?limit=1&limit=2",
        "/v1/licensees?cursor=%00%ff",
        "/v1/licensees/a%20b",
        "/v1/licensees/%ff",
        &format!("/v1/licensees/{}", "x".repeat(129)),
        "/v1/licensees/acme/members?limit=0",
        "/v1/licensees/acme/members?assigned=yes",
        "/v1/licensees/acme/members?status=asleep",
        "/v1/licensees/acme/members?sort=age",
        "/v1/licensees/acme/members?sort=--user",
        "/v1/licensees/acme/members?cursor=x",
        "/v1/licensees/acme/events?limit=1001",
        "/v1/licensees/acme/events?cursor=x",
        "/v1/licensees/acme/events?from=yesterday",
        "/v1/licensees/acme/events?to=2025-01-01",
        "/v1/licensees/acme/events?type=SeatEaten",
        "/v1/licensees/acme/events?type=",
        "/v1/licensees/acme/refusals?limit=x",
        "/v1/licensees/acme/refusals?cursor=x",
        "/v1/timers?licensee=a%2Fb",
        "/v1/timers?licensee=",
        "/v1/users/%20",
        "/v1/users/a%00b",
        "/v1/users/u-00/access?feature=duo_chat&feature=duo_chat",
    ] {
        server.get(path).await.problem(400, "malformed_request");
    }
    server.put("/v1/licensees/acme/products/duo/seats/%C3%BC").await.problem(400, "malformed_request");
    server.delete("/v1/licensees/a%20b/products/duo/seats/u-00").await.problem(400, "malformed_request");
}

#[tokio::test]
async fn a_cursor_belongs_to_its_query() {
    let server = Server::with_acme(3, 1).await;
    let page = server.get("/v1/licensees/acme/members?limit=1").await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    let path = format!("/v1/licensees/acme/members?limit=1&sort=-username&cursor={cursor}");
    server.get(&path).await.problem(400, "malformed_request");
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_400() {
    let server = Server::with_acme(1, 1).await;
    for bad in [
        "",
        "null",
        "[]",
        "{",
        "{\"users\":\"u-00\"}",
        "{\"users\":[1]}",
        "{\"users\":[\"a b\"]}",
        "{\"users\":[null]}",
        "{\"users\":[\"u-00\"],\"mode\":\"some\"}",
        "{\"users\":[],\"users\":[]}",
        "[[\"u-00\"]]",
    ] {
        server.send_body(Method::POST, ASSIGN, JSON, bad).await.problem(400, "malformed_request");
    }
    for bad in ["{}", "{\"now\":null}", "{\"now\":5}", "{\"now\":\"tomorrow\"}"] {
        server.send_body(Method::PUT, "/v1/clock", JSON, bad).await.problem(400, "malformed_request");
    }
}

#[tokio::test]
async fn bodies_of_another_type_are_415() {
    let server = Server::with_acme(1, 1).await;
    for path in [ASSIGN, "/v1/licensees/acme/sync"] {
        for bad in ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", ONE_EVENT] {
            server.send_body(Method::POST, path, bad, "{}").await.problem(415, "unsupported_media_type");
        }
        let without = Request::post(path).body(Body::from("{}")).unwrap();
        server.send(without).await.problem(415, "unsupported_media_type");
    }
    let with_charset = "application/json; charset=utf-8";
    server.send_body(Method::POST, ASSIGN, with_charset, "{\"users\":[\"u-00\"]}").await.ok();
}

#[tokio::test]
async fn bodies_above_8_mib_are_413() {
    let server = Server::with_acme(1, 1).await;
    let fill = |bytes: usize| format!("{{\"version\":\"{}\"}}", "x".repeat(bytes - 14));
    let most = fill(api::BODY_BYTES_MAX);
    assert_eq!(most.len(), api::BODY_BYTES_MAX);
    for (path, content_type) in
        [(ASSIGN, JSON), ("/v1/licensees/acme/sync", JSON), ("/v1/events", ONE_EVENT), ("/v1/events", EVENTS)]
    {
        let more = fill(api::BODY_BYTES_MAX + 1);
        server.send_body(Method::POST, path, content_type, more).await.problem(413, "body_too_large");
    }
    server.send_body(Method::POST, "/v1/licensees/acme/sync", JSON, most).await.problem(400, "malformed_request");
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_problems() {
    let server = Server::with_acme(1, 1).await;
    for path in [
        "/v1",
        "/v1/",
        "/v2/licensees",
        "/v1/licensees/",
        "/v1/licensees/acme/",
        "/favicon.ico",
        "/v1/licensees/acme/products/duo",
    ] {
        server.get(path).await.problem(404, "not_found");
    }
    for (method, path, allowed) in [
        (Method::POST, "/v1/licensees", "GET,HEAD"),
        (Method::GET, "/v1/events", "POST"),
        (Method::GET, SEAT, "PUT,DELETE"),
        (Method::GET, ASSIGN, "POST"),
        (Method::OPTIONS, "/v1/clock", "GET,HEAD,PUT"),
        (Method::PATCH, "/healthz", "GET,HEAD"),
        (Method::from_bytes(b"BREW").unwrap(), "/readyz", "GET,HEAD"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let reply = server.send(request).await;
        reply.problem(405, "method_not_allowed");
        assert_eq!(reply.header("allow"), Some(allowed), "{path}");
    }
}

#[tokio::test]
async fn keys_that_cannot_be_read_are_400() {
    let server = Server::with_acme(1, 1).await;
    for (method, path) in [(Method::PUT, SEAT), (Method::DELETE, SEAT)] {
        let long = "k".repeat(256);
        for bad in ["", "\u{fc}", long.as_str()] {
            let request = Request::builder().method(&method).uri(path).header("Idempotency-Key", bad.as_bytes());
            server.send(request.body(Body::empty()).unwrap()).await.problem(400, "malformed_request");
        }
        let twice =
            Request::builder().method(&method).uri(path).header("Idempotency-Key", "a").header("Idempotency-Key", "b");
        server.send(twice.body(Body::empty()).unwrap()).await.problem(400, "malformed_request");
    }
    assert_eq!(server.put(SEAT).await.ok()["changed"], true);
}

#[tokio::test]
async fn what_this_version_does_not_have_is_refused() {
    let server = Server::with_acme(1, 1).await;
    for path in ["/v1/licensees", "/v1/licensees/acme/events", "/v1/licensees/acme/refusals", "/v1/timers"] {
        for clock in ["as_of", "as_known_at"] {
            server.get(&format!("{path}?{clock}=2025-01-01T00:00:00Z")).await.problem(400, "not_supported_yet");
        }
    }
}

#[tokio::test]
async fn terms_that_can_not_be_read_are_refused_and_change_nothing() {
    let server = Server::with_acme(1, 1).await;
    for query in ["dry_run=1", "dry_run=yes", "dry_run=true&dry_run=false"] {
        server.put(&format!("{SEAT}?{query}")).await.problem(400, "malformed_request");
    }
    for (tag, status, code) in [
        ("\"v1\", \"v2\"", 400, "malformed_request"),
        ("W/\"v2\"", 412, "version_changed"),
        ("2", 412, "version_changed"),
    ] {
        let conditional = Request::put(SEAT).header("If-Match", tag).body(Body::empty()).unwrap();
        server.send(conditional).await.problem(status, code);
    }
    let batch = serde_json::json!([subscription("globex", "gitlab_com", 1)]).to_string();
    let batch_type = "application/cloudevents-batch+json";
    let sent = server.send_body(Method::POST, "/v1/events?dry_run=true", batch_type, batch).await;
    sent.problem(400, "malformed_request");
    let clock = Request::put("/v1/clock").header("content-type", JSON).header("If-Match", "\"v1\"");
    let body = json!({"now": "2099-01-01T00:00:00Z"}).to_string();
    server.send(clock.body(Body::from(body)).unwrap()).await.problem(400, "malformed_request");
    server.get("/v1/licensees/globex").await.problem(404, "unknown_licensee");
    assert_eq!(server.put(&format!("{SEAT}?dry_run=false")).await.ok()["changed"], true);
}
