//! A server that stands still for a while is charged for all that was due meanwhile.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, extract::Path, http::StatusCode, response::IntoResponse, routing::get};
use load::{Company, Mix, Pace, Report, Server, Target, prepare, run};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Mutex};

const STANDSTILL: Duration = Duration::from_millis(400);

/// A server that knows a company already, and stands still at one request.
async fn serve(stands_still_at: u64, status: StatusCode) -> String {
    let asked = Arc::new(AtomicU64::new(0));
    let one_at_a_time = Arc::new(Mutex::new(()));
    let access = move || {
        let (asked, one_at_a_time) = (asked.clone(), one_at_a_time.clone());
        async move {
            let _turn = one_at_a_time.lock().await;
            if asked.fetch_add(1, Ordering::Relaxed) == stands_still_at {
                tokio::time::sleep(STANDSTILL).await;
            }
            (status, Json(json!({"allowed": true, "code": "busy"}))).into_response()
        }
    };
    let router = Router::new()
        .route("/v1/clock", get(|| async { Json(json!({"now": "2026-01-01T00:00:00Z"})) }))
        .route(
            "/v1/licensees/{licensee}",
            get(|| async { Json(json!({"subscription": {"status": "active"}, "products": {"duo": {"quantity": 5}}})) }),
        )
        .route("/v1/licensees/{licensee}/members", get(members))
        .route("/v1/users/{user}/access", get(access));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn members(Path(licensee): Path<String>) -> Json<Value> {
    let member = |number| json!({"user": format!("{licensee}-u{number}"), "status": "active", "assigned": number < 5});
    Json(json!({"items": (0..10).map(member).collect::<Vec<_>>(), "next_cursor": null}))
}

async fn load(url: &str, stop: impl Future<Output = ()>) -> Report {
    let target = Target::Server(Server::new(url, None, 4));
    let company = Company { name: "a".into(), licensees: 2, members: 10 };
    let prepared = prepare(&target, company, |_| ()).await.unwrap();
    let mix: Mix = "check_access=1".parse().unwrap();
    let pace = Pace { rate: 200.0, lasting: Duration::from_millis(500), connections: 4, mix, seed: 1 };
    run(&target, prepared, pace, stop, |_| ()).await
}

#[tokio::test]
async fn requests_that_were_due_during_a_standstill_count_from_when_they_were_due() {
    let report = load(&serve(10, StatusCode::OK).await, pending()).await;
    assert_eq!((report.all.requests, report.failures()), (100, 0));
    // Eighty of the hundred were due in the 400 ms; a closed loop with four connections would have seen four slow ones.
    assert!(report.all.max_ms >= 400.0 && report.all.p50_ms > 100.0, "{report:?}");
}

#[tokio::test]
async fn answers_of_a_server_in_trouble_are_failures() {
    let report = load(&serve(u64::MAX, StatusCode::SERVICE_UNAVAILABLE).await, pending()).await;
    assert_eq!((report.failures(), report.failed["busy"]), (100, 100));
}

#[tokio::test]
async fn one_that_is_stopped_finishes_what_is_under_way_and_tells_of_it() {
    let url = serve(0, StatusCode::OK).await;
    // The first request stands still, so that some are under way by then.
    let report = load(&url, async { tokio::time::sleep(STANDSTILL / 4).await }).await;
    assert!(report.stopped && report.failures() == 0, "{report:?}");
    assert!((1..=4).contains(&report.all.requests), "what is not under way is not begun: {report:?}");
}
