use axum::{body::Body, http::Request};

use crate::server::Server;

const SEAT: &str = "/v1/licensees/acme/products/duo/seats/u-00";

#[tokio::test]
async fn a_caller_reads_its_own_write() {
    let server = Server::with_acme(1, 1).await;
    for _ in 0..20 {
        let given = server.put(SEAT).await.position();
        assert_eq!(server.get_at("/v1/licensees/acme", &given).await.ok()["products"]["duo"]["assigned"], 1);
        let taken = server.delete(SEAT).await.position();
        assert_eq!(server.get_at("/v1/licensees/acme", &taken).await.ok()["products"]["duo"]["assigned"], 0);
    }
}

#[tokio::test]
async fn a_change_of_nothing_has_the_present_position() {
    let server = Server::with_acme(1, 1).await;
    let given = server.put(SEAT).await.position();
    assert_eq!(server.put(SEAT).await.position(), given);
}

#[tokio::test]
async fn a_position_that_does_not_come_is_503() {
    let server = Server::with_acme(1, 1).await;
    let position = server.put(SEAT).await.position();
    let (shard, _) = position.split_once('-').unwrap();
    server.get_at("/v1/licensees/acme", &format!("{shard}-999999")).await.problem(503, "not_yet_visible");
}

#[tokio::test]
async fn a_position_that_cannot_be_read_is_400_on_every_read() {
    let server = Server::with_acme(1, 1).await;
    for path in [
        "/v1/licensees",
        "/v1/licensees/acme",
        "/v1/licensees/acme/members",
        "/v1/licensees/acme/events",
        "/v1/licensees/acme/refusals",
        "/v1/users/u-00",
        "/v1/users/u-00/access?feature=duo_chat",
        "/v1/timers",
        "/v1/clock",
    ] {
        for bad in ["", "7", "x-1", "-1", "16-1", "0-1,1-1"] {
            server.get_at(path, bad).await.problem(400, "malformed_request");
        }
    }
    let twice = Request::get("/v1/timers").header("X-Usher-Min-Position", "0-0").header("X-Usher-Min-Position", "1-0");
    server.send(twice.body(Body::empty()).unwrap()).await.problem(400, "malformed_request");
}
