//! Access checks over gRPC: the same answers and the same doors as over HTTP.

use std::time::Duration;

use api::grpc::proto::{
    CheckAccessRequest, CheckAccessResponse, Problem, Reason, StreamAccessResponse, stream_access_response::Outcome,
};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use contract::timestamp::Timestamp;
use licensing::Instant;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::{Code, Status};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_types::StatusExt;
use tower::ServiceExt;

use crate::{
    messages::{START, event, user},
    server::Server,
    tokens::Tokens,
};

const CHECK: &str = "/usher.access.v1.AccessService/CheckAccess";
/// A day after [`START`].
const LATER: &str = "2025-01-02T00:00:00Z";

fn check(user: &str, feature: &str) -> CheckAccessRequest {
    CheckAccessRequest { user: user.to_owned(), feature: feature.to_owned(), ..CheckAccessRequest::default() }
}

fn timestamp(text: &str) -> Timestamp {
    text.parse::<Instant>().unwrap().into()
}

async fn asked(server: &Server, check: CheckAccessRequest) -> Result<CheckAccessResponse, Status> {
    server.access().check_access(check).await.map(tonic::Response::into_inner)
}

/// An answer as HTTP writes it.
fn as_json(answer: &CheckAccessResponse) -> Value {
    let reason = answer.reason().as_str_name().strip_prefix("REASON_").unwrap().to_ascii_lowercase();
    let grants = answer.grants.iter().map(|grant| json!({"licensee": grant.licensee, "add_on": grant.add_on}));
    json!({"allowed": answer.allowed, "reason": reason, "grants": grants.collect::<Vec<_>>()})
}

/// That a status tells the problem that HTTP answers with at this path.
async fn told_as(server: &Server, path: &str, status: &Status) -> (u16, Code) {
    let reply = server.get(path).await;
    let problem: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(status.metadata().get("usher-code").unwrap(), problem["code"].as_str().unwrap(), "{status:?}");
    assert_eq!(status.message(), problem["detail"].as_str().unwrap());
    assert_eq!(status.get_details_error_info().unwrap().reason, problem["code"].as_str().unwrap());
    (reply.status.as_u16(), status.code())
}

/// `acme` with a user of a seat, one without, and one who is blocked.
async fn acme() -> Server {
    let server = Server::with_acme(3, 5).await;
    server.assign(&[user(0)]).await;
    server.accept(&[event("block", "directory.v1.UserBlocked", json!({"user": user(2)}))]).await;
    server
}

#[tokio::test]
async fn r31_grpc_answers_what_http_answers() {
    let server = acme().await;
    let mut reasons = Vec::new();
    for user in [user(0), user(1), user(2)] {
        for feature in ["code_suggestions", "vulnerability_explanation"] {
            let over_http = server.get(&format!("/v1/users/{user}/access?feature={feature}")).await.ok();
            let over_grpc = asked(&server, check(&user, feature)).await.unwrap();
            assert_eq!(as_json(&over_grpc), over_http, "{user} {feature}");
            reasons.push(over_grpc.reason());
        }
    }
    let expected = [
        Reason::Seat,
        Reason::FeatureNotInAddOn,
        Reason::NoSeat,
        Reason::NoSeat,
        Reason::UserNotActive,
        Reason::UserNotActive,
    ];
    assert_eq!(reasons, expected);
}

#[tokio::test]
async fn the_past_is_answered_as_over_http() {
    let server = acme().await;
    server.advance(LATER).await.ok();
    let taken = server.delete("/v1/licensees/acme/products/duo/seats/u-00").await.position();
    server.get_at("/v1/timers", &taken).await.ok();
    let path = format!("/v1/users/{}/access?feature=code_suggestions", user(0));
    let then = CheckAccessRequest { as_of: Some(timestamp(START)), ..check(&user(0), "code_suggestions") };
    let over_http = server.get(&format!("{path}&as_of={START}")).await.ok();
    assert_eq!(as_json(&asked(&server, then.clone()).await.unwrap()), over_http);
    assert_eq!(over_http["allowed"], true);
    assert!(!asked(&server, check(&user(0), "code_suggestions")).await.unwrap().allowed, "now there is none");

    let to_come = "2036-01-01T00:00:00Z";
    let refused = asked(&server, CheckAccessRequest { as_of: Some(timestamp(to_come)), ..then }).await.unwrap_err();
    assert_eq!(told_as(&server, &format!("{path}&as_of={to_come}"), &refused).await, (400, Code::InvalidArgument));
}

#[tokio::test]
async fn what_fails_is_told_in_the_words_of_http() {
    let server = acme().await;
    for (user, feature, expected) in [
        ("nobody", "duo_chat", (404, Code::NotFound)),
        ("u-00", "nothing", (404, Code::InvalidArgument)),
        ("nobody", "nothing", (404, Code::NotFound)),
    ] {
        let refused = asked(&server, check(user, feature)).await.unwrap_err();
        let path = format!("/v1/users/{user}/access?feature={feature}");
        assert_eq!(told_as(&server, &path, &refused).await, expected, "{user} {feature}");
    }
    let unfit = Some(Timestamp { seconds: 0, nanos: -1 });
    for malformed in [
        check("", "duo_chat"),
        check("a b", "duo_chat"),
        CheckAccessRequest { min_position: Some("7".to_owned()), ..check("u-00", "duo_chat") },
        CheckAccessRequest { min_position: Some("99-1".to_owned()), ..check("u-00", "duo_chat") },
        CheckAccessRequest { as_of: unfit, ..check("u-00", "duo_chat") },
        CheckAccessRequest { as_known_at: unfit, ..check("u-00", "duo_chat") },
    ] {
        let refused = asked(&server, malformed).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
        assert_eq!(refused.metadata().get("usher-code").unwrap(), "malformed_request");
    }
}

#[tokio::test]
async fn a_caller_reads_its_own_write() {
    let server = Server::with_acme(1, 1).await;
    for _ in 0..20 {
        for (change, is_allowed) in [(true, true), (false, false)] {
            let seat = "/v1/licensees/acme/products/duo/seats/u-00";
            let reply = if change { server.put(seat).await } else { server.delete(seat).await };
            let min_position = Some(reply.position());
            let behind = CheckAccessRequest { min_position, ..check("u-00", "duo_chat") };
            assert_eq!(asked(&server, behind).await.unwrap().allowed, is_allowed);
        }
    }
}

#[tokio::test]
async fn a_position_that_does_not_come_is_unavailable_and_says_when_to_try_again() {
    let server = Server::with_acme(1, 1).await;
    let position = server.put("/v1/licensees/acme/products/duo/seats/u-00").await.position();
    let (shard, _) = position.split_once('-').unwrap();
    let min_position = Some(format!("{shard}-999999"));
    let behind = CheckAccessRequest { min_position, ..check("u-00", "duo_chat") };
    let refused = asked(&server, behind).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert_eq!(refused.metadata().get("usher-code").unwrap(), "not_yet_visible");
    assert_eq!(refused.get_details_retry_info().unwrap().retry_delay, Some(Duration::from_secs(1)));
}

/// The answers of a stream to these checks, up to its end.
async fn streamed(server: &Server, checks: Vec<CheckAccessRequest>) -> Vec<Result<StreamAccessResponse, Status>> {
    let answers = server.access().stream_access(tokio_stream::iter(checks)).await.unwrap().into_inner();
    answers.collect().await
}

#[tokio::test]
async fn a_stream_answers_in_order_and_a_failure_ends_nothing() {
    let server = acme().await;
    let checks: Vec<_> = (0..1_000).map(|number| check(&user(number % 4), "code_suggestions")).collect();
    let answers = streamed(&server, checks).await;
    assert_eq!(answers.len(), 1_000);
    for (number, answer) in answers.into_iter().enumerate() {
        match (number % 4, answer.unwrap().outcome.unwrap()) {
            (0, Outcome::Access(access)) => assert_eq!(access.reason(), Reason::Seat),
            (1, Outcome::Access(access)) => assert_eq!(access.reason(), Reason::NoSeat),
            (2, Outcome::Access(access)) => assert_eq!(access.reason(), Reason::UserNotActive),
            (3, Outcome::Problem(Problem { status, code, retry_after_ms: None, .. })) => {
                assert_eq!((Code::from(status), code.as_str()), (Code::NotFound, "unknown_user"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_stream_ends_when_the_server_is_to_stop() {
    let server = acme().await;
    let (ask, checks) = mpsc::channel(1);
    ask.send(check("u-00", "duo_chat")).await.unwrap();
    let mut answers = server.access().stream_access(ReceiverStream::new(checks)).await.unwrap().into_inner();
    assert!(answers.next().await.unwrap().is_ok(), "it lasts as long as there may be checks");
    server.close();
    let end = answers.next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    assert!(end.get_details_retry_info().is_some(), "{end:?}");
    assert!(answers.next().await.is_none());
    drop(ask);
}

#[tokio::test]
async fn there_is_a_bound_on_streams_and_one_that_ends_makes_room() {
    let server = Server::new();
    let open = async || server.access().stream_access(tokio_stream::pending()).await;
    let mut streams = Vec::new();
    for _ in 0..1_024 {
        streams.push(open().await.unwrap());
    }
    let refused = open().await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert_eq!(refused.metadata().get("usher-code").unwrap(), "overloaded");
    streams.pop();
    open().await.unwrap();
}

fn with_token<T>(token: Option<&str>, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

#[tokio::test]
async fn every_role_gets_through_its_doors_and_no_others() {
    let roles = ["owner:acme", "admin:acme", "billing", "directory", "usage", "auditor", "operator"];
    let tokens = Tokens::of_roles(&roles);
    let server = Server::for_callers_of(tokens.auth());
    let callers = roles.iter().map(|role| (Some(*role), ["auditor", "operator"].contains(role)));
    for (token, is_let_in) in callers.chain([(None, false), (Some("wrong"), false)]) {
        let is_known = token.is_some_and(|token| roles.contains(&token));
        // Whoever is let in learns that nobody has heard of the user.
        let (single, stream) = match (is_let_in, is_known) {
            (true, _) => (Code::NotFound, Code::Ok),
            (false, true) => (Code::PermissionDenied, Code::PermissionDenied),
            (false, false) => (Code::Unauthenticated, Code::Unauthenticated),
        };
        let answer = server.access().check_access(with_token(token, check("u-00", "duo_chat"))).await;
        assert_eq!(answer.unwrap_err().code(), single, "{token:?}");
        let opened = server.access().stream_access(with_token(token, tokio_stream::empty())).await;
        assert_eq!(opened.map_or_else(|status| status.code(), |_| Code::Ok), stream, "{token:?}");
        let health = HealthClient::new(server.router()).check(with_token(token, HealthCheckRequest::default())).await;
        assert_eq!(health.unwrap().into_inner().status(), ServingStatus::Serving, "{token:?}");
    }
}

#[tokio::test]
async fn health_is_that_of_readyz() {
    let mut server = Server::new();
    let health = async |server: &Server, service: &str| {
        let request = HealthCheckRequest { service: service.to_owned() };
        HealthClient::new(server.router()).check(request).await.map(|answer| answer.into_inner().status())
    };
    assert_eq!(health(&server, "usher.access.v1.AccessService").await.unwrap(), ServingStatus::Serving);
    assert_eq!(health(&server, "other").await.unwrap_err().code(), Code::NotFound);
    server.stop_engine();
    assert_eq!(health(&server, "").await.unwrap(), ServingStatus::NotServing);
    server.get("/readyz").await.problem(503, "unavailable");
}

/// Sends bytes to a path as a message of gRPC; gives status and code of the answer.
async fn sent(server: &Server, path: &str, message: &[u8]) -> (String, Option<String>) {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let body = [&[0], length.as_slice(), message].concat();
    let request = Request::post(path).header("content-type", "application/grpc").header("te", "trailers");
    let response = server.router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200, "what went wrong is for gRPC to say");
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let told = (header("grpc-status").unwrap_or_default(), header("usher-code"));
    assert!(to_bytes(response.into_body(), 1 << 20).await.unwrap().is_empty());
    told
}

#[tokio::test]
async fn what_is_no_check_is_refused() {
    let server = Server::new();
    let number = |code: Code| i32::from(code).to_string();
    let malformed = (number(Code::InvalidArgument), Some("malformed_request".to_owned()));
    assert_eq!(sent(&server, CHECK, b"\xff\xff\xff").await, malformed, "no protobuf");
    assert_eq!(sent(&server, CHECK, b"\x0a\x01\xff").await, malformed, "no text");
    assert_eq!(sent(&server, CHECK, &[0; 17 * 1024]).await.0, number(Code::OutOfRange), "too large");
    let not_there = (number(Code::Unimplemented), Some("not_found".to_owned()));
    assert_eq!(sent(&server, "/usher.access.v1.AccessService/Other", b"").await, not_there);
    assert_eq!(sent(&server, "/usher.access.v2.AccessService/CheckAccess", b"").await, not_there);
    server.get(CHECK).await.problem(405, "method_not_allowed");
}
