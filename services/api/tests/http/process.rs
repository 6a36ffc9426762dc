use std::sync::Arc;

use engine::ClockMode;

use crate::server::Server;

#[tokio::test]
async fn health_metrics_and_the_document_are_served() {
    let server = Server::with(ClockMode::System, Arc::new(|| "usher_up 1\n".to_owned()));
    assert_eq!(Server::new().get("/readyz").await.status, 200, "with a manual clock");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    let metrics = server.get("/metrics").await;
    assert_eq!((metrics.status.as_u16(), metrics.body.as_slice()), (200, b"usher_up 1\n".as_slice()));
    assert!(metrics.header("content-type").unwrap().starts_with("text/plain"));
    assert_eq!(server.get("/openapi.json").await.ok()["openapi"], "3.1.0");
}

#[tokio::test]
async fn a_panic_costs_one_request() {
    let server = Server::with(ClockMode::System, Arc::new(|| panic!("on purpose")));
    let problem = server.get("/metrics").await.problem(500, "internal_error");
    assert!(!problem["detail"].as_str().unwrap().contains("on purpose"));
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_stopped_engine_is_503_and_reads_go_on() {
    let mut server = Server::with_acme(1, 1).await;
    server.stop_engine();
    server.put("/v1/licensees/acme/products/duo/seats/u-00").await.problem(503, "unavailable");
    server.get("/readyz").await.problem(503, "unavailable");
    assert_eq!(server.get("/healthz").await.status, 200);
    server.get("/v1/licensees/acme").await.ok();
}
