use api::Auth;
use axum::{body::Body, http::Request};
use serde_json::json;

use crate::{
    messages::{member, subscription},
    server::{EVENTS, JSON, Server},
    tokens::{Tokens, entry},
};

const SEAT: &str = "/v1/licensees/acme/products/duo/seats/u-00";

async fn with_acme(tokens: &Tokens) -> Server {
    let server = Server::for_callers_of(tokens.auth());
    let events = json!([subscription("acme", "gitlab_com", 5), member("acme", "u-00")]).to_string();
    server.send_as("operator", "POST", "/v1/events", (EVENTS, events)).await.ok();
    server
}

#[tokio::test]
async fn r36_what_is_done_bears_the_name_of_whoever_the_token_stands_for() {
    let tokens = Tokens::of_roles(&["owner:acme", "operator"]);
    let server = with_acme(&tokens).await;
    server.send_as("owner:acme", "PUT", SEAT, (JSON, String::new())).await.ok();
    let nobody = SEAT.replace("u-00", "nobody");
    server.send_as("owner:acme", "PUT", &nobody, (JSON, String::new())).await.problem(409, "invalid_user_membership");
    let read = async |path: &str| server.send_as("owner:acme", "GET", path, (JSON, String::new())).await.ok();
    let history = read("/v1/licensees/acme/events").await;
    let actors: Vec<_> = history["items"].as_array().unwrap().iter().map(|item| item["actor"].clone()).collect();
    assert_eq!(actors.last().unwrap(), "actor of owner:acme");
    assert_eq!(actors.first().unwrap(), "/test", "a message is of its source");
    let refusals = read("/v1/licensees/acme/refusals").await;
    assert_eq!(refusals["items"][0]["actor"], "actor of owner:acme");
}

#[tokio::test]
async fn r34_a_key_of_one_caller_is_other_content_from_another() {
    let tokens = Tokens::of_roles(&["owner:acme", "operator"]);
    let server = with_acme(&tokens).await;
    let put = async |token: &str| {
        let request = Request::put(SEAT).header("authorization", format!("Bearer {token}"));
        server.send(request.header("idempotency-key", "k-1").body(Body::empty()).unwrap()).await
    };
    assert_eq!(put("owner:acme").await.ok()["changed"], true);
    assert_eq!(put("owner:acme").await.ok()["changed"], true);
    put("operator").await.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn a_token_that_has_expired_is_unauthenticated() {
    let expired = entry("old", "old", &["operator"]) + "expires_at = 2020-01-01T00:00:00Z\n";
    let valid = entry("new", "new", &["operator"]) + "expires_at = 2999-01-01T00:00:00Z\n";
    let tokens = Tokens::new(&[expired, valid]);
    let server = Server::for_callers_of(tokens.auth());
    server.send_as("new", "GET", "/v1/clock", (JSON, String::new())).await.ok();
    let problem =
        server.send_as("old", "GET", "/v1/clock", (JSON, String::new())).await.problem(401, "unauthenticated");
    assert!(problem["detail"].as_str().unwrap().contains("expired"));
}

#[tokio::test]
async fn a_file_of_tokens_that_changes_is_read_by_the_running_server() {
    let tokens = Tokens::new(&[entry("first", "first", &["operator"])]);
    let server = Server::for_callers_of(tokens.auth());
    let ask =
        async |token: &str| server.send_as(token, "GET", "/v1/clock", (JSON, String::new())).await.status.as_u16();
    assert_eq!([ask("first").await, ask("second").await], [200, 401]);
    std::fs::write(tokens.file(), entry("second", "second", &["operator"])).unwrap();
    // It is looked at once a second.
    let is_read = async {
        while ask("second").await != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), is_read).await.expect("the new version was never read");
    assert_eq!(ask("first").await, 401);
}

#[test]
fn what_callers_are_to_be_known_by_has_to_be_there_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.toml");
    assert!(Auth::tokens(&missing).is_err());
    assert!(Auth::jwks(missing.to_str().unwrap()).is_err());
    let unsafe_url = Auth::jwks("http://issuer.example/keys").err().unwrap().to_string();
    assert!(unsafe_url.contains("https"), "{unsafe_url}");
}
