use axum::{body::Body, http::Request};
use serde_json::json;

use crate::{
    messages::{START, user},
    reply::Reply,
    server::Server,
};

const SEAT: &str = "/v1/licensees/acme/products/duo/seats/u-00";
const ASSIGN: &str = "/v1/licensees/acme/products/duo/seats/assign";
const REMOVE: &str = "/v1/licensees/acme/products/duo/seats/remove";

#[tokio::test]
async fn r23_r25_a_seat_is_given_and_taken_once() {
    let server = Server::with_acme(1, 1).await;
    assert_eq!(server.put(SEAT).await.ok()["changed"], true);
    assert_eq!(server.put(SEAT).await.ok()["changed"], false);
    assert_eq!(server.delete(SEAT).await.ok()["changed"], true);
    assert_eq!(server.delete(SEAT).await.ok()["changed"], false);
    let of_no_member = server.delete("/v1/licensees/acme/products/duo/seats/nobody").await;
    assert_eq!(of_no_member.ok()["changed"], false);
    of_no_member.position();
}

#[tokio::test]
async fn a_body_of_a_put_or_delete_is_ignored() {
    let server = Server::with_acme(1, 1).await;
    let request = Request::put(SEAT).header("content-type", "text/plain").body(Body::from("{")).unwrap();
    assert_eq!(server.send(request).await.ok()["changed"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r23_five_seats_go_to_five_of_thirty_two_who_ask_at_once() {
    let server = std::sync::Arc::new(Server::with_acme(32, 5).await);
    let asking: Vec<_> = (0..32)
        .map(|number| {
            let server = server.clone();
            tokio::spawn(
                async move { server.put(&format!("/v1/licensees/acme/products/duo/seats/{}", user(number))).await },
            )
        })
        .collect();
    let mut given = 0;
    for reply in asking {
        let reply = reply.await.unwrap();
        if reply.status.is_success() {
            assert_eq!(reply.ok()["changed"], true);
            given += 1;
        } else {
            reply.problem(409, "no_seats_available");
        }
    }
    assert_eq!(given, 5);
}

#[tokio::test]
async fn r24_many_seats_are_given_all_or_none() {
    let server = Server::with_acme(4, 3).await;
    let problem = server.post(ASSIGN, json!({"users": [user(0), user(1), user(2), user(3)]})).await;
    let problem = problem.problem(409, "not_enough_seats");
    assert_eq!((problem["available"].as_u64(), problem["requested"].as_u64()), (Some(3), Some(4)));
    let problem =
        server.post(ASSIGN, json!({"users": [user(0), "ghost"]})).await.problem(409, "invalid_user_id_present");
    assert_eq!(problem["users"], json!(["ghost"]));
    let mut given = server.post(ASSIGN, json!({"users": [user(1), user(0), user(1)], "mode": null})).await.ok();
    assert!(given["position"].take().is_string());
    assert_eq!(given, json!({"assigned": ["u-01", "u-00"], "already_assigned": [], "failed": [], "position": null}));
    let again = server.post(ASSIGN, json!({"users": [user(1), user(2)], "mode": "all_or_nothing"})).await.ok();
    assert_eq!((&again["assigned"], &again["already_assigned"]), (&json!(["u-02"]), &json!(["u-01"])));
}

#[tokio::test]
async fn r24_best_effort_reports_each_user() {
    let server = Server::with_acme(3, 2).await;
    let users = json!([user(2), "ghost", user(1), user(0)]);
    let reply = server.post(ASSIGN, json!({"users": users, "mode": "best_effort"})).await.ok();
    assert_eq!(reply["assigned"], json!(["u-02", "u-01"]));
    assert_eq!(
        reply["failed"],
        json!([{"user": "ghost", "code": "invalid_user_membership"}, {"user": "u-00", "code": "no_seats_available"}])
    );
    let only_ghosts = server.post(ASSIGN, json!({"users": ["ghost"], "mode": "best_effort"})).await.ok();
    assert_eq!(only_ghosts["assigned"], json!([]));
}

#[tokio::test]
async fn r25_many_seats_are_taken() {
    let server = Server::with_acme(3, 3).await;
    server.assign(&[user(0), user(1)]).await;
    let mut taken = server.post(REMOVE, json!({"users": [user(2), user(1), user(1)]})).await.ok();
    assert!(taken["position"].take().is_string());
    assert_eq!(taken, json!({"removed": ["u-01"], "without_seat": ["u-02"], "position": null}));
    server.post(REMOVE, json!({"users": [user(1)]})).await.problem(409, "no_assignments_found");
}

#[tokio::test]
async fn r24_lists_have_1_to_10000_users_as_sent() {
    let server = Server::with_acme(1, 1).await;
    for path in [ASSIGN, REMOVE] {
        for nobody in [json!({}), json!({"users": []}), json!({"users": null})] {
            server.post(path, nobody).await.problem(422, "empty_user_list");
        }
        let users: Vec<String> = (0..10_001).map(|_| user(0)).collect();
        server.post(path, json!({ "users": users })).await.problem(422, "too_many_users");
    }
}

async fn under_key(server: &Server, method: &str, path: &str, key: &str, body: &str) -> Reply {
    let request = Request::builder().method(method).uri(path).header("Idempotency-Key", key);
    server.send(request.header("content-type", "application/json").body(body.to_owned().into()).unwrap()).await
}

#[tokio::test]
async fn r34_the_same_key_gives_the_same_answer_and_another_content_is_refused() {
    let server = Server::with_acme(2, 1).await;
    let first = under_key(&server, "PUT", SEAT, "k-1", "").await.ok();
    assert_eq!(first["changed"], true);
    assert_eq!(server.delete(SEAT).await.ok()["changed"], true);
    let again = under_key(&server, "PUT", SEAT, "k-1", "ignored").await.ok();
    assert_eq!(again["changed"], true);
    assert_eq!(server.delete(SEAT).await.ok()["changed"], false, "a duplicate gave a seat");
    let other_path = SEAT.replace("u-00", "u-01");
    under_key(&server, "PUT", &other_path, "k-1", "").await.problem(422, "idempotency_key_reused");
    under_key(&server, "DELETE", SEAT, "k-1", "").await.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn r34_the_same_key_while_the_first_still_runs_is_in_progress() {
    let server = Server::with_acme(2, 1).await;
    let request = || under_key(&server, "PUT", SEAT, "k-1", "");
    // The second is begun before the first, which waits for its commit, is looked at again.
    let (first, second) = tokio::join!(request(), request());
    assert_eq!(first.ok()["changed"], true);
    second.problem(409, "in_progress");
    assert_eq!(request().await.ok()["changed"], true, "the answer is kept");
    let other = SEAT.replace("u-00", "u-01");
    let (first, second) = tokio::join!(request(), under_key(&server, "PUT", &other, "k-1", ""));
    assert_eq!(first.ok()["changed"], true);
    second.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn r34_a_key_of_events_or_of_the_clock_is_taken_as_well() {
    let server = Server::with_acme(2, 1).await;
    let send = async |path: &'static str, method: &str, content_type: &str, key: &str, body: String| {
        let request = Request::builder().method(method).uri(path).header("Idempotency-Key", key);
        server.send(request.header("content-type", content_type).body(body.into()).unwrap()).await
    };
    let events = async |key, id: &str| {
        let event =
            crate::messages::event(id, "usage.v1.CodeSuggestionsUsed", json!({"user": "u-00", "used_at": START}));
        send("/v1/events", "POST", "application/cloudevents+json", key, event.to_string()).await
    };
    let unreadable = send("/v1/events", "POST", "application/cloudevents+json", "k-1", "[".to_owned()).await;
    unreadable.problem(400, "malformed_request");
    assert_eq!(events("k-1", "e-1").await.ok()["results"][0]["outcome"], "accepted");
    assert_eq!(events("k-1", "e-1").await.ok()["results"][0]["outcome"], "duplicate");
    events("k-1", "e-2").await.problem(422, "idempotency_key_reused");
    assert_eq!(
        events("k-2", "e-2").await.ok()["results"][0]["outcome"],
        "accepted",
        "it was refused before, not taken"
    );

    let clock = async |key, now: &str| {
        send("/v1/clock", "PUT", "application/json", key, json!({ "now": now }).to_string()).await
    };
    for _ in 0..2 {
        assert_eq!(clock("k-3", "2025-01-02T00:00:00Z").await.ok()["now"], "2025-01-02T00:00:00Z");
    }
    clock("k-3", "2025-01-03T00:00:00Z").await.problem(422, "idempotency_key_reused");
    assert_eq!(server.get("/v1/clock").await.ok()["now"], "2025-01-02T00:00:00Z");
    under_key(&server, "PUT", SEAT, "k-3", "").await.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn r34_the_content_of_a_key_is_what_was_said_however_it_was_written() {
    let server = Server::with_acme(3, 2).await;
    let send = async |path: &str, key: &str, content_type: &str, body: String| {
        let request = Request::builder().method("POST").uri(path).header("Idempotency-Key", key);
        server.send(request.header("content-type", content_type).body(body.into()).unwrap()).await
    };
    let json = "application/json";
    let first = send(ASSIGN, "k-1", json, r#"{"users":["u-00"],"mode":"best_effort"}"#.to_owned()).await.ok();
    let again = send(ASSIGN, "k-1", json, r#"{ "mode": "best_effort", "users": [ "u-00" ] }"#.to_owned()).await.ok();
    assert_eq!(again, first);
    let event =
        crate::messages::event("e-1", "usage.v1.CodeSuggestionsUsed", json!({"user": "u-00", "used_at": START}));
    for (outcome, body) in [("accepted", event.to_string()), ("duplicate", format!("{event:#}"))] {
        let answer = send("/v1/events", "k-2", "application/cloudevents+json", body).await.ok();
        assert_eq!(answer["results"][0]["outcome"], outcome);
    }
}

#[tokio::test]
async fn r34_a_key_keeps_bulk_answers_and_refusals_too() {
    let server = Server::with_acme(3, 2).await;
    let body = json!({"users": [user(0), "ghost"], "mode": "best_effort"}).to_string();
    let first = under_key(&server, "POST", ASSIGN, "k-2", &body).await.ok();
    let mut again = under_key(&server, "POST", ASSIGN, "k-2", &body).await.ok();
    again["position"] = first["position"].clone();
    assert_eq!(first, again);
    let too_many = json!({"users": [user(1), user(2)]}).to_string();
    under_key(&server, "POST", ASSIGN, "k-3", &too_many).await.problem(409, "not_enough_seats");
    server.delete(SEAT).await.ok();
    let still = under_key(&server, "POST", ASSIGN, "k-3", &too_many).await.problem(409, "not_enough_seats");
    assert_eq!(still["available"], 1);
    let other = json!({"users": [user(1)]}).to_string();
    under_key(&server, "POST", ASSIGN, "k-3", &other).await.problem(422, "idempotency_key_reused");
}
