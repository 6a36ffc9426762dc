//! Every route and verb with every role: who is let in and who is not.

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{
    document::operations,
    messages::{START, event, member, subscription},
    server::{EVENTS, JSON, ONE_EVENT, Server, WEBHOOK},
    tokens::{Tokens, entry},
};

/// The roles, in the order of the columns below. `acme` is on gitlab.com, `inst` is an instance.
const ROLES: [&str; 9] =
    ["owner:acme", "admin:inst", "billing", "directory", "usage", "auditor", "operator", "owner:inst", "admin:acme"];

/// Who is let in: `x` yes, `-` no; the last two roles do not fit their licensee's offering. The licensee is the role's own,
/// or `acme`; a message to send is one of the role's package, or of billing.
const MATRIX: &[(&str, &str)] = &[
    ("GET /openapi.json", "x x x x x x x x x"),
    ("GET /healthz", "x x x x x x x x x"),
    ("GET /readyz", "x x x x x x x x x"),
    ("GET /metrics", "- - - - - x x - -"),
    ("POST /v1/events", "- - x x x - x - -"),
    ("GET /v1/licensees", "- - - - - x x - -"),
    ("GET /v1/licensees/{licensee}", "x x - - - x x - -"),
    ("GET /v1/licensees/{licensee}/members", "x x - - - x x - -"),
    ("GET /v1/licensees/{licensee}/events", "x x - - - x x - -"),
    ("GET /v1/licensees/{licensee}/refusals", "x x - - - x x - -"),
    ("GET /v1/licensees/{licensee}/diff", "x x - - - x x - -"),
    ("GET /v1/licensees/{licensee}/members/{user}/explain", "x x - - - x x - -"),
    ("PUT /v1/licensees/{licensee}/products/{product}/seats/{user}", "x x - - - - x - -"),
    ("DELETE /v1/licensees/{licensee}/products/{product}/seats/{user}", "x x - - - - x - -"),
    ("POST /v1/licensees/{licensee}/products/{product}/seats/assign", "x x - - - - x - -"),
    ("POST /v1/licensees/{licensee}/products/{product}/seats/remove", "x x - - - - x - -"),
    ("POST /v1/licensees/{licensee}/sync", "- x - - - - x - -"),
    ("POST /v1/licensees/{licensee}/undo", "x x - - - - x - -"),
    ("GET /v1/users/{user}", "- - - - - x x - -"),
    ("GET /v1/users/{user}/access", "- - - - - x x - -"),
    ("GET /v1/timers", "- - - - - x x - -"),
    ("GET /v1/timers?licensee={licensee}", "x x - - - x x - -"),
    ("GET /v1/clock", "- - - - - x x - -"),
    ("PUT /v1/clock", "- - - - - - x - -"),
    ("POST /v1/webhooks", "- - - - - - x - -"),
    ("GET /v1/webhooks", "- - - - - - x - -"),
    ("GET /v1/webhooks/{webhook}", "- - - - - - x - -"),
    ("POST /v1/webhooks/{webhook}/enable", "- - - - - - x - -"),
    ("POST /v1/webhooks/{webhook}/rotate", "- - - - - - x - -"),
    ("POST /v1/webhooks/{webhook}/replay", "- - - - - - x - -"),
    ("POST /v1/webhooks/{webhook}/test", "- - - - - - x - -"),
    ("DELETE /v1/webhooks/{webhook}", "- - - - - - x - -"),
    ("GET /v1/views/rebuild", "- - - - - - x - -"),
    ("POST /v1/views/rebuild", "- - - - - - x - -"),
    ("DELETE /v1/views/rebuild", "- - - - - - x - -"),
];

/// A server with `acme` and `inst`, each with a member and a seat to give, and the token of every role.
async fn server() -> (Server, Tokens) {
    let tokens = Tokens::of_roles(&ROLES);
    let server = Server::for_callers_of(tokens.auth());
    let events = [
        subscription("acme", "gitlab_com", 5),
        member("acme", "u-00"),
        subscription("inst", "self_managed", 5),
        member("inst", "u-00"),
    ];
    let reply = server.send_as("operator", "POST", "/v1/events", (EVENTS, json!(events).to_string())).await.ok();
    for result in reply["results"].as_array().unwrap() {
        let request = Request::get("/v1/clock").header("authorization", "Bearer operator");
        let request = request.header("x-usher-min-position", result["position"].as_str().unwrap());
        server.send(request.body(Body::empty()).unwrap()).await.ok();
    }
    server.add_webhook("http://127.0.0.1:1/");
    (server, tokens)
}

fn target(path: &str, licensee: &str) -> String {
    path.replace("{licensee}", licensee)
        .replace("{product}", "duo")
        .replace("{user}", "u-00")
        .replace("{webhook}", WEBHOOK)
}

fn message_of(role: &str, id: &str) -> Value {
    match role {
        "directory" => event(id, "directory.v1.UserReactivated", json!({"user": "u-00"})),
        "usage" => event(id, "usage.v1.CodeSuggestionsUsed", json!({"user": "u-00", "used_at": START})),
        _ => event(id, "billing.v1.SubscriptionSeatsChanged", json!({"licensee": "acme", "seats": 90})),
    }
}

/// A body that fits the route.
fn body_of(route: &str, role: &str) -> (&'static str, String) {
    match route.split_once(' ').unwrap() {
        ("POST", "/v1/events") => (ONE_EVENT, message_of(role, &format!("by-{role}")).to_string()),
        ("POST", "/v1/webhooks") => (JSON, json!({"url": "http://127.0.0.1:1/"}).to_string()),
        ("POST", path) if path.ends_with("/replay") => (JSON, json!({"from": "beginning"}).to_string()),
        ("POST", path) if path.ends_with("/sync") => (JSON, json!({"version": "17.5"}).to_string()),
        ("POST", path) if path.ends_with("/undo") => {
            let own = role.split_once(':').map_or("acme", |(_, licensee)| licensee);
            (JSON, json!({ "command_id": format!("/test#start-{own}") }).to_string())
        }
        ("POST", _) => (JSON, json!({"users": ["u-00"]}).to_string()),
        ("PUT", "/v1/clock") => (JSON, json!({"now": START}).to_string()),
        _ => (JSON, String::new()),
    }
}

#[test]
fn every_operation_of_the_document_has_a_row() {
    let rows: BTreeSet<String> = MATRIX
        .iter()
        .map(|(route, _)| route.split('?').next().unwrap().to_owned())
        .filter(|row| row != "GET /")
        .collect();
    let described: BTreeSet<String> = operations().iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    assert_eq!(rows, described);
}

#[tokio::test]
async fn every_role_gets_through_its_doors_and_no_others() {
    let (server, _tokens) = server().await;
    for (route, row) in MATRIX {
        let (method, path) = route.split_once(' ').unwrap();
        let expected: Vec<&str> = row.split(' ').collect();
        assert_eq!(expected.len(), ROLES.len(), "{route}");
        for (role, expected) in ROLES.iter().zip(expected) {
            let own = role.split_once(':').map_or("acme", |(_, licensee)| licensee);
            let reply = server.send_as(role, method, &target(path, own), body_of(route, role)).await;
            let status = reply.status.as_u16();
            match expected {
                // A seat can't be taken twice, an access check wants a feature: what matters is who answers.
                "x" => assert!(![401, 403, 404, 405, 500].contains(&status), "{role} {route}: {status}"),
                _ => {
                    reply.problem(403, "forbidden");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_belongs_to_others_is_refused_whether_it_exists_or_not() {
    let (server, _tokens) = server().await;
    let of_licensees = MATRIX.iter().filter(|(route, _)| route.contains("{licensee}"));
    for (route, _) in of_licensees {
        let (method, path) = route.split_once(' ').unwrap();
        for (role, others) in [("owner:acme", ["inst", "nobody", "a%20b"]), ("admin:inst", ["acme", "nobody", "a%20b"])]
        {
            let mut answers = BTreeSet::new();
            for other in others {
                let reply = server.send_as(role, method, &target(path, other), body_of(route, role)).await;
                answers.insert(reply.problem(403, "forbidden").to_string());
            }
            assert_eq!(answers.len(), 1, "{route}: what exists is answered otherwise than what does not");
        }
    }
}

#[tokio::test]
async fn a_query_does_not_speak_for_a_path() {
    let (server, _tokens) = server().await;
    for path in ["/v1/licensees/inst?licensee=acme", "/v1/licensees/%FF?licensee=acme", "/v1/licensees?licensee=acme"] {
        server.send_as("owner:acme", "GET", path, (JSON, String::new())).await.problem(403, "forbidden");
    }
    let twice = "/v1/timers?licensee=acme&licensee=inst";
    server.send_as("owner:acme", "GET", twice, (JSON, String::new())).await.problem(403, "forbidden");
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_but_to_ask_how_the_process_is() {
    let (server, _tokens) = server().await;
    for (route, _) in MATRIX {
        let (method, path) = route.split_once(' ').unwrap();
        let path = target(path, "acme");
        let request = |header: Option<&str>| {
            let request = Request::builder().method(method).uri(&path);
            let request = header.into_iter().fold(request, |request, value| request.header("authorization", value));
            request.body(Body::empty()).unwrap()
        };
        for header in [None, Some("Bearer wrong"), Some("Bearer"), Some("Basic operator"), Some("operator")] {
            let reply = server.send(request(header)).await;
            if ["/healthz", "/readyz"].contains(&path.as_str()) {
                assert_eq!(reply.status, 200, "{route}");
            } else {
                reply.problem(401, "unauthenticated");
                assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
            }
        }
    }
}

#[tokio::test]
async fn a_licensee_without_an_offering_is_nobodys_to_look_after() {
    let tokens = Tokens::of_roles(&["directory", "owner:new", "admin:new"]);
    let server = Server::for_callers_of(tokens.auth());
    let added = server.send_as("directory", "POST", "/v1/events", (ONE_EVENT, member("new", "u-00").to_string())).await;
    assert_eq!(added.ok()["results"][0]["outcome"], "accepted");
    for role in ["owner:new", "admin:new"] {
        let reply = server.send_as(role, "GET", "/v1/licensees/new", (JSON, String::new())).await;
        reply.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn somebody_with_many_roles_may_do_what_any_of_them_allows_and_unknown_ones_add_nothing() {
    let tokens = Tokens::new(&[
        entry("many", "many", &["owner:acme", "owner:other", "usage", "billing"]),
        entry("none", "none", &[]),
        entry("odd", "odd", &["root", "owner:*", "Operator"]),
        entry("operator", "operator", &["operator"]),
    ]);
    let server = Server::for_callers_of(tokens.auth());
    let start = (ONE_EVENT, subscription("acme", "gitlab_com", 5).to_string());
    server.send_as("many", "POST", "/v1/events", start).await.ok();
    server.send_as("many", "GET", "/v1/licensees/acme", (JSON, String::new())).await.ok();
    for nobody in ["none", "odd"] {
        for path in ["/openapi.json", "/metrics", "/v1/clock", "/v1/licensees/acme", "/v1/timers?licensee=acme"] {
            server.send_as(nobody, "GET", path, (JSON, String::new())).await.problem(403, "forbidden");
        }
        assert_eq!(server.send_as(nobody, "GET", "/healthz", (JSON, String::new())).await.status, 200);
    }
}

#[tokio::test]
async fn a_message_of_another_package_stops_the_whole_request() {
    let (server, _tokens) = server().await;
    let seats =
        event("seats", "seats.v1.AssignSeats", json!({"licensee": "acme", "product": "duo", "users": ["u-00"]}));
    let odd = event("odd", "other.v1.Thing", json!({"licensee": "acme"}));
    let lookalike = event("like", "billing.v10.SeatsPurchased", json!({"licensee": "acme"}));
    let untyped = json!({"specversion": "1.0", "source": "/test", "id": "untyped", "time": START, "data": {}});
    for (role, foreign) in [("billing", "usage"), ("directory", "billing"), ("usage", "directory")] {
        for foreign in [&message_of(foreign, "foreign"), &seats, &odd, &lookalike, &untyped] {
            let batch = json!([message_of(role, &format!("own-{role}")), foreign]).to_string();
            server.send_as(role, "POST", "/v1/events", (EVENTS, batch)).await.problem(403, "forbidden");
            let single = (ONE_EVENT, foreign.to_string());
            server.send_as(role, "POST", "/v1/events", single).await.problem(403, "forbidden");
        }
        let own = json!([message_of(role, &format!("own-{role}"))]).to_string();
        let reply = server.send_as(role, "POST", "/v1/events", (EVENTS, own)).await.ok();
        assert_eq!(reply["results"][0]["outcome"], "accepted", "it was kept before, when its neighbour was forbidden");
    }
    let all = json!([seats, odd, untyped]).to_string();
    let reply = server.send_as("operator", "POST", "/v1/events", (EVENTS, all)).await.ok();
    let outcomes: Vec<&Value> = reply["results"].as_array().unwrap().iter().map(|result| &result["outcome"]).collect();
    assert_eq!(outcomes, ["accepted", "refused", "refused"]);
}

#[tokio::test]
async fn what_is_not_there_is_told_only_to_those_who_are_known() {
    let (server, _tokens) = server().await;
    server.get("/v2").await.problem(401, "unauthenticated");
    server.send_as("usage", "GET", "/v2", (JSON, String::new())).await.problem(404, "not_found");
    server.send_as("operator", "PATCH", "/v1/clock", (JSON, String::new())).await.problem(405, "method_not_allowed");
    server.send_as("auditor", "PATCH", "/v1/clock", (JSON, String::new())).await.problem(403, "forbidden");
    assert_eq!(server.send_as("auditor", "HEAD", "/metrics", (JSON, String::new())).await.status, 200);
    assert_eq!(server.send_as("usage", "HEAD", "/metrics", (JSON, String::new())).await.status, 403);
}
