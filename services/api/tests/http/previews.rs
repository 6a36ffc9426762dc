//! R37: previews, and changes that are bound to one.

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};

use crate::{
    messages::{event, subscription, user},
    reply::Reply,
    server::Server,
};

const SEAT: &str = "/v1/licensees/acme/products/duo/seats/u-00";
const JSON: &str = "application/json";
const ONE_EVENT: &str = "application/cloudevents+json";

async fn preview_event(server: &Server, event: &Value) -> Reply {
    server.send_body(Method::POST, "/v1/events?dry_run=true", ONE_EVENT, event.to_string()).await
}

fn types(preview: &Value) -> Vec<&str> {
    preview["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn r37_every_change_can_be_previewed_and_then_nothing_is_changed() {
    let server = Server::with_acme(3, 2).await;
    server.assign(&[user(0)]).await;
    let before = server.get("/v1/licensees/acme").await.ok();
    let dry = |path: &str| format!("{path}?dry_run=true");
    let seats = "/v1/licensees/acme/products/duo/seats";

    let one = server.put(&dry(&format!("{seats}/u-01"))).await;
    assert_eq!(one.ok()["events"][0]["data"]["user"], "u-01");
    assert_eq!(types(&server.delete(&dry(SEAT)).await.ok()), ["SeatRemoved"]);
    assert_eq!(types(&server.put(&dry(SEAT)).await.ok()), Vec::<&str>::new(), "has one already");
    let many = json!({"users": ["u-00", "u-01"]});
    assert_eq!(types(&server.post(&dry(&format!("{seats}/assign")), many.clone()).await.ok()), ["SeatAssigned"]);
    assert_eq!(types(&server.post(&dry(&format!("{seats}/remove")), many).await.ok()), ["SeatRemoved"]);
    let blocked = event("block", "directory.v1.UserBlocked", json!({"user": "u-00"}));
    let of_all = preview_event(&server, &blocked).await.ok();
    assert_eq!(types(&of_all), ["UserBlocked", "MemberStatusChanged", "SeatRemoved"]);
    let clock = json!({"now": "2027-01-01T00:00:00Z"}).to_string();
    let on_the_way = server.send_body(Method::PUT, &dry("/v1/clock"), JSON, clock).await.ok();
    assert!(types(&on_the_way).contains(&"SubscriptionExpired"), "{on_the_way}");

    assert_eq!(server.get("/v1/licensees/acme").await.ok(), before);
    assert_eq!(server.events(&[blocked]).await[0]["outcome"], "accepted", "its id was not used up");
}

#[tokio::test]
async fn r37_what_would_be_refused_is_answered_like_the_change_itself() {
    let server = Server::with_acme(2, 1).await;
    server.assign(&[user(0)]).await;
    let other = "/v1/licensees/acme/products/duo/seats/u-01";
    let preview = server.put(&format!("{other}?dry_run=true")).await.problem(409, "no_seats_available");
    assert_eq!(preview, server.put(other).await.problem(409, "no_seats_available"));
    let again = subscription("acme", "gitlab_com", 1);
    let again = json!({"id": "again", "specversion": "1.0", "source": "urn:test", "time": again["time"],
        "type": again["type"], "data": again["data"]});
    let preview = preview_event(&server, &again).await.ok();
    let refused = &server.events(&[again]).await[0];
    assert_eq!(preview["results"][0]["code"], "subscription_already_active");
    for member in ["id", "outcome", "code", "detail", "events"] {
        assert_eq!(preview["results"][0][member], refused[member], "{member}");
    }
    server.put("/v1/licensees/nobody/products/duo/seats/u-01?dry_run=true").await.problem(404, "unknown_licensee");
}

#[tokio::test]
async fn r37_a_preview_can_be_made_binding() {
    let server = Server::with_acme(2, 2).await;
    let fewer = event(
        "fewer",
        "billing.v1.SeatQuantityChanged",
        json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 1}),
    );
    server.assign(&[user(0), user(1)]).await;
    let preview = preview_event(&server, &fewer).await;
    let tag = preview.header("etag").unwrap().to_owned();
    assert_eq!(tag, server.get("/v1/licensees/acme").await.header("etag").unwrap());
    assert_eq!(types(&preview.ok()), ["SeatQuantityChanged", "SeatRemoved"]);

    let bound = |method: &str, path: &str, tag: &str, body: String| {
        let request = Request::builder().method(method).uri(path).header("If-Match", tag);
        request.header("content-type", ONE_EVENT).body(Body::from(body)).unwrap()
    };
    // Somebody else is faster.
    server.delete(SEAT).await.ok();
    server.send(bound("POST", "/v1/events", &tag, fewer.to_string())).await.problem(412, "version_changed");
    server.send(bound("PUT", SEAT, &tag, String::new())).await.problem(412, "version_changed");
    assert_eq!(server.get("/v1/licensees/acme").await.ok()["products"]["duo"]["quantity"], 2);
    let tag = server.get("/v1/licensees/acme").await.header("etag").unwrap().to_owned();
    let done = server.send(bound("POST", "/v1/events", &tag, fewer.to_string())).await.ok();
    assert_eq!(done["results"][0]["outcome"], "accepted");
    let again = server.send(bound("POST", "/v1/events", &tag, fewer.to_string())).await.ok();
    assert_eq!(again["results"][0]["outcome"], "duplicate", "what was done is answered again (R34)");
    let any = server.send(bound("PUT", SEAT, "*", String::new())).await;
    any.problem(409, "no_seats_available");
}
