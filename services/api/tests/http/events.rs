use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    messages::{event, member, subscription},
    server::{EVENTS, ONE_EVENT, Server},
};

const PATH: &str = "/v1/events";

async fn one(server: &Server, event: &Value) -> Value {
    let reply = server.send_body(Method::POST, PATH, ONE_EVENT, event.to_string()).await;
    reply.ok()["results"].as_array().unwrap().first().unwrap().clone()
}

#[tokio::test]
async fn one_event_is_accepted_then_a_duplicate() {
    let server = Server::new();
    let start = subscription("acme", "gitlab_com", 10);
    let first = one(&server, &start).await;
    assert_eq!(
        (&first["id"], &first["outcome"], &first["events"]),
        (&json!("start-acme"), &json!("accepted"), &json!(1))
    );
    assert!(first["position"].is_string());
    assert_eq!(first.get("code"), None);
    let again = one(&server, &start).await;
    assert_eq!((&again["outcome"], &again["events"], again.get("code")), (&json!("duplicate"), &json!(0), None));
}

#[tokio::test]
async fn r35_a_refused_event_is_200_and_its_duplicate_has_the_stored_code() {
    let server = Server::new();
    let purchase = event(
        "p",
        "billing.v1.SeatsPurchased",
        json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 1, "channel": "sales"}),
    );
    let first = one(&server, &purchase).await;
    assert_eq!(
        (&first["outcome"], &first["code"], &first["events"]),
        (&json!("refused"), &json!("unknown_licensee"), &json!(0))
    );
    assert!(first["detail"].is_string());
    one(&server, &subscription("acme", "gitlab_com", 10)).await;
    let again = one(&server, &purchase).await;
    assert_eq!(
        (&again["outcome"], &again["code"], &again["detail"]),
        (&json!("duplicate"), &json!("unknown_licensee"), &first["detail"])
    );
}

#[tokio::test]
async fn a_batch_is_answered_in_order_each_by_itself() {
    let server = Server::new();
    let no_source = json!({"specversion": "1.0", "id": "lonely", "type": "usher.billing.v1.SeatsPurchased"});
    let results = server
        .events(&[
            member("acme", "u-00"),
            json!(17),
            subscription("acme", "gitlab_com", 10),
            no_source,
            subscription("acme", "gitlab_com", 10),
            event("start-acme", "billing.v1.SubscriptionSeatsChanged", json!({"licensee": "acme", "seats": 5})),
        ])
        .await;
    let outcomes: Vec<_> =
        results.iter().map(|result| (result["id"].as_str(), result["outcome"].as_str().unwrap())).collect();
    assert_eq!(
        outcomes,
        [
            (Some("member-acme-u-00"), "accepted"),
            (None, "refused"),
            (Some("start-acme"), "accepted"),
            (Some("lonely"), "refused"),
            (Some("start-acme"), "duplicate"),
            (Some("start-acme"), "refused"),
        ]
    );
    assert_eq!(results[1]["code"], "malformed_event");
    assert_eq!(results[5]["code"], "idempotency_key_reused");
}

#[tokio::test]
async fn r26_one_directory_message_reaches_all_licensees_and_its_position_covers_them() {
    let server = Server::with_acme(1, 5).await;
    server.accept(&[subscription("globex", "gitlab_com", 5), member("globex", "u-00")]).await;
    server.put("/v1/licensees/acme/products/duo/seats/u-00").await.ok();
    server.put("/v1/licensees/globex/products/duo/seats/u-00").await.ok();
    let result = one(&server, &event("b", "directory.v1.UserBlocked", json!({"user": "u-00"}))).await;
    assert_eq!(result["outcome"], "accepted");
    let user = server.get_at("/v1/users/u-00", result["position"].as_str().unwrap()).await.ok();
    assert_eq!(user, json!({"user": "u-00", "status": "blocked", "seats": []}));
}

#[tokio::test]
async fn a_body_that_does_not_fit_its_content_type_is_400() {
    let server = Server::new();
    let start = subscription("acme", "gitlab_com", 10).to_string();
    for bad in ["", " ", "null", "17", "[]", "{", &format!("[{start}]"), &format!("{start}x")] {
        server.send_body(Method::POST, PATH, ONE_EVENT, bad.to_owned()).await.problem(400, "malformed_request");
    }
    for bad in ["", "null", "[", "[1,]", start.as_str()] {
        server.send_body(Method::POST, PATH, EVENTS, bad.to_owned()).await.problem(400, "malformed_request");
    }
    let not_utf8 = server.send_body(Method::POST, PATH, ONE_EVENT, b"{\"id\":\"\xff\"}".to_vec()).await;
    assert!(not_utf8.status.is_client_error() || not_utf8.status.is_success(), "{}", not_utf8.status);
    server.get("/v1/licensees/acme").await.problem(404, "unknown_licensee");
}

#[tokio::test]
async fn content_types_are_compared_as_such() {
    let server = Server::new();
    let start = subscription("acme", "gitlab_com", 10).to_string();
    for bad in ["", "application/json", "text/plain", "application/cloudevents", "application/cloudevents+protobuf"] {
        server.send_body(Method::POST, PATH, bad, start.clone()).await.problem(415, "unsupported_media_type");
    }
    let with_charset = "Application/CloudEvents+JSON; charset=UTF-8";
    server.send_body(Method::POST, PATH, with_charset, start).await.ok();
}

#[tokio::test]
async fn a_batch_has_up_to_1000_events() {
    let server = Server::new();
    assert_eq!(server.events(&[]).await.len(), 0);
    let many: Vec<Value> = (0..1_000).map(|number| member("acme", &format!("u-{number}"))).collect();
    assert!(server.events(&many).await.iter().all(|result| result["outcome"] == "accepted"));
    let too_many = json!(vec![json!({}); 1_001]).to_string();
    server.send_body(Method::POST, PATH, EVENTS, too_many).await.problem(413, "too_many_events");
}
