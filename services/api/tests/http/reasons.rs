//! What moved between two instants, and why somebody has a seat or has none.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{
    messages::{START, event, member, subscription, user},
    server::{EVENTS, JSON, Server},
    tokens::Tokens,
};

/// `acme` with three seats taken, one after another day by day from February on, and a renewal to one in March.
async fn acme_after_a_renewal() -> Server {
    let server = Server::with_acme(3, 3).await;
    for number in 0..3 {
        server.advance(&format!("2025-02-0{}T00:00:00Z", number + 1)).await.ok();
        server.assign(&[user(number)]).await;
    }
    server.advance("2025-03-01T00:00:00Z").await.ok();
    let renewal = json!({
        "licensee": "acme", "subscription": "A-S0002", "ends_at": "2027-01-01T00:00:00Z",
        "add_ons": [{"add_on": "duo_pro", "quantity": 1}],
    });
    server.accept(&[event("renew", "billing.v1.SubscriptionRenewed", renewal)]).await;
    server
}

fn kinds(diff: &Value) -> Vec<&str> {
    diff["items"].as_array().unwrap().iter().map(|told| told["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn r22_a_diff_holds_the_state_of_both_ends_as_readers_saw_it_and_who_lost_a_seat() {
    let server = acme_after_a_renewal().await;
    let diff = server.get("/v1/licensees/acme/diff?from=2025-02-03T00:00:00Z").await.ok();
    assert_eq!(diff["to"], "2025-03-01T00:00:00Z", "now");
    assert_eq!(diff["before"], server.get("/v1/licensees/acme?as_of=2025-02-03T00:00:00Z").await.ok());
    assert_eq!(diff["after"], server.get("/v1/licensees/acme").await.ok());
    assert_eq!(kinds(&diff), ["licensee_changed", "seat_lost", "seat_lost"]);
    assert_eq!(diff["net"]["seats"]["duo"], json!({"gained": 0, "lost": 2, "lost_and_regained": 0}));
    let lost = &diff["items"][1];
    assert_eq!((&lost["user"], &lost["rule"], &lost["net"]), (&json!("u-02"), &json!("R22"), &json!("removed")));
    assert_eq!((&lost["actor"], &lost["command_id"]), (&json!("/test"), &json!("/test#renew")));
    let history = server.get("/v1/licensees/acme/events?type=SeatRemoved").await.ok();
    for member in ["id", "position", "version", "effective_at", "recorded_at"] {
        assert_eq!(lost[member], history["items"][0][member], "{member}");
    }
}

#[tokio::test]
async fn a_diff_is_read_page_by_page_up_to_the_same_instant() {
    let server = acme_after_a_renewal().await;
    let path = "/v1/licensees/acme/diff?from=2024-12-31T00:00:00Z";
    let whole = server.get(path).await.ok();
    assert!(whole["before"].is_null() && whole["next_cursor"].is_null());
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("{path}&limit=2{cursor}")).await.ok();
        for whatever_the_page in ["before", "after", "net", "to"] {
            assert_eq!(page[whatever_the_page], whole[whatever_the_page]);
        }
        items.extend(page["items"].as_array().unwrap().clone());
        // Nothing of what comes later is in the pages that are to come.
        server.advance(&format!("2025-03-02T00:00:{:02}Z", items.len())).await.ok();
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(Value::Array(items), whole["items"]);
}

#[tokio::test]
async fn a_diff_of_what_will_be_or_never_was_is_refused() {
    let server = Server::with_acme(1, 1).await;
    let ask = |query: &str| format!("/v1/licensees/acme/diff?{query}");
    for bad in [
        "",
        "from=yesterday",
        "from=2030-01-01T00:00:00Z",
        "from=2024-01-01T00:00:00Z&to=2030-01-01T00:00:00Z",
        "from=2025-01-01T00:00:00Z&to=2024-01-01T00:00:00Z",
        "from=2024-01-01T00:00:00Z&limit=0",
        "from=2024-01-01T00:00:00Z&cursor=e5",
    ] {
        server.get(&ask(bad)).await.problem(400, "malformed_request");
    }
    server.get(&ask("from=2023-01-01T00:00:00Z&to=2024-01-01T00:00:00Z")).await.problem(404, "unknown_licensee");
    let nobody = format!("/v1/licensees/nobody/diff?from={START}");
    server.get(&nobody).await.problem(404, "unknown_licensee");
}

#[tokio::test]
async fn r22_an_explanation_goes_from_the_message_to_the_event() {
    let server = acme_after_a_renewal().await;
    let explained = server.get("/v1/licensees/acme/members/u-02/explain").await.ok();
    let duo = &explained["products"][0];
    assert_eq!((&duo["standing"], &duo["rule"]), (&json!("lost"), &json!("R22")));
    assert_eq!(duo["evidence"]["removal"]["overage"]["rank"], 1);
    let links = duo["chain"].as_array().unwrap();
    let renewal = links.iter().find(|link| link["command"]["id"] == "/test#renew").unwrap();
    assert_eq!(renewal["command"]["kind"], "message");
    assert_eq!(renewal["command"]["type"], "usher.billing.v1.SubscriptionRenewed");
    assert_eq!(renewal["command"]["source"], "/test");
    assert_eq!(renewal["command"]["message_id"], "renew");
    let request = links.iter().find(|link| link["command"]["kind"] == "request").unwrap();
    assert!(request["command"]["id"].as_str().unwrap().starts_with("call:"));
    assert_eq!(duo["remedies"][0]["obstacle"], "no_seats_available");
    let refused = server.put("/v1/licensees/acme/products/duo/seats/u-02").await;
    refused.problem(409, "no_seats_available");
}

#[tokio::test]
async fn r34_a_request_with_a_key_is_named_by_it_with_method_and_path() {
    let server = Server::with_acme(1, 1).await;
    let path = "/v1/licensees/acme/products/duo/seats/u-00";
    let request = Request::put(path).header("Idempotency-Key", "give").body(Body::empty()).unwrap();
    let position = server.send(request).await.position();
    let explained = server.get_at("/v1/licensees/acme/members/u-00/explain", &position).await.ok();
    let chain = explained["products"][0]["chain"].as_array().unwrap();
    let command = &chain.last().unwrap()["command"];
    assert_eq!((&command["id"], &command["kind"]), (&json!("key:give"), &json!("request")));
    assert_eq!(command["type"], "PUT /v1/licensees/{licensee}/products/{product}/seats/{user}");
}

#[tokio::test]
async fn an_explanation_as_of_an_instant_is_that_of_then() {
    let server = acme_after_a_renewal().await;
    let standing = |time: &str| format!("/v1/licensees/acme/members/u-02/explain?product=duo&as_of={time}");
    for (time, expected) in
        [("2025-02-02T00:00:00Z", "never_had"), ("2025-02-03T00:00:00Z", "works"), ("2025-03-01T00:00:00Z", "lost")]
    {
        let explained = server.get(&standing(time)).await.ok();
        assert_eq!(explained["products"][0]["standing"], expected, "{time}");
        assert_eq!(explained["at"], time);
    }
    server.get(&standing("2030-01-01T00:00:00Z")).await.problem(400, "malformed_request");
    server.get(&standing("2024-01-01T00:00:00Z")).await.problem(404, "unknown_licensee");
}

#[tokio::test]
async fn whoever_or_whatever_nobody_knows_is_not_explained() {
    let server = Server::with_acme(1, 1).await;
    let ask =
        |licensee: &str, user: &str, query: &str| format!("/v1/licensees/{licensee}/members/{user}/explain{query}");
    server.get(&ask("nobody", "u-00", "")).await.problem(404, "unknown_licensee");
    server.get(&ask("acme", "nobody", "")).await.problem(404, "unknown_user");
    server.get(&ask("acme", "u-00", "?product=nothing")).await.problem(404, "unknown_product");
    server.get(&ask("acme", "a%20b", "")).await.problem(400, "malformed_request");
}

/// A server for callers with tokens, on which the operator had these messages accepted.
async fn guarded(tokens: &Tokens, events: &[Value]) -> Server {
    let server = Server::for_callers_of(tokens.auth());
    let reply = server.send_as("operator", "POST", "/v1/events", (EVENTS, json!(events).to_string())).await.ok();
    for result in reply["results"].as_array().unwrap() {
        let request = Request::get("/v1/clock").header("authorization", "Bearer operator");
        let request = request.header("x-usher-min-position", result["position"].as_str().unwrap());
        server.send(request.body(Body::empty()).unwrap()).await.ok();
    }
    server
}

#[tokio::test]
async fn r30_the_free_text_of_a_block_is_for_auditors_and_gone_with_the_user() {
    let tokens = Tokens::of_roles(&["owner:acme", "auditor", "operator"]);
    let block = json!({"user": "u-00", "reason": "quarrelled with Ms Secret"});
    let events = [
        subscription("acme", "gitlab_com", 1),
        member("acme", "u-00"),
        event("block", "directory.v1.UserBlocked", block),
    ];
    let server = guarded(&tokens, &events).await;
    let path = "/v1/licensees/acme/members/u-00/explain";
    let ask = async |role: &str| server.send_as(role, "GET", path, (JSON, String::new())).await.ok().to_string();
    assert!(ask("auditor").await.contains("Ms Secret"));
    assert!(!ask("owner:acme").await.contains("Secret"));
    assert!(ask("owner:acme").await.contains("usher.directory.v1.UserBlocked"));
    let deleted = event("delete", "directory.v1.UserDeleted", json!({"user": "u-00"}));
    server.send_as("operator", "POST", "/v1/events", (EVENTS, json!([deleted]).to_string())).await.ok();
    for role in ["auditor", "operator", "owner:acme"] {
        let told = ask(role).await;
        assert!(!told.contains("Secret") && !told.contains("example.com"), "{told}");
    }
}

#[tokio::test]
async fn an_owner_learns_nothing_of_users_of_others() {
    let tokens = Tokens::of_roles(&["owner:acme", "auditor", "operator"]);
    let events = [subscription("acme", "gitlab_com", 1), member("acme", "u-00"), member("other", "u-77")];
    let server = guarded(&tokens, &events).await;
    let path = |user: &str| format!("/v1/licensees/acme/members/{user}/explain");
    let ask = async |role: &str, user: &str| server.send_as(role, "GET", &path(user), (JSON, String::new())).await;
    let of_others = ask("owner:acme", "u-77").await.problem(404, "unknown_user");
    assert_eq!(of_others, ask("owner:acme", "nobody").await.problem(404, "unknown_user"));
    let explained = ask("auditor", "u-77").await.ok();
    assert_eq!(explained["sentences"], json!(["u-77 was never a member."]));
    assert_eq!(explained["products"][0]["remedies"][0]["obstacle"], "not_a_member");
    ask("auditor", "nobody").await.problem(404, "unknown_user");
}
