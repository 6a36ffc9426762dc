//! What was so at an instant.

use serde_json::{Value, json};

use crate::{
    messages::{START, event, user},
    server::Server,
};

async fn at(server: &Server, time: &str) -> Value {
    server.get(&format!("/v1/licensees/acme?as_of={time}")).await.ok()
}

#[tokio::test]
async fn a_licensee_as_of_an_instant_is_what_a_reader_saw_then() {
    let server = Server::with_acme(2, 2).await;
    server.assign(&[user(0)]).await;
    let mut seen = vec![(START.to_owned(), server.get("/v1/licensees/acme").await.ok())];
    for (number, day) in ["2025-02-01T00:00:00Z", "2025-03-01T12:30:00.5Z", "2026-01-10T00:00:00Z"].iter().enumerate() {
        server.advance(day).await.ok();
        if number == 0 {
            server.assign(&[user(1)]).await;
        }
        seen.push(((*day).to_owned(), server.get("/v1/licensees/acme").await.ok()));
    }
    for (time, live) in seen {
        assert_eq!(at(&server, &time).await, live, "{time}");
    }
    let shown = server.get(&format!("/v1/licensees/acme?as_of={START}")).await;
    assert_eq!(shown.header("etag"), None);
    let before_midnight = at(&server, "2025-12-31T23:59:59.999999Z").await;
    assert_eq!(before_midnight["subscription"]["status"], "active");
    server.get("/v1/licensees/acme?as_of=2024-12-31T23:59:59Z").await.problem(404, "unknown_licensee");
    server.get("/v1/licensees/acme?as_of=2026-01-10T00:00:00.000001Z").await.problem(400, "malformed_request");
    server.get("/v1/licensees/acme?as_of=yesterday").await.problem(400, "malformed_request");
}

#[tokio::test]
async fn access_as_of_an_instant_is_what_was_answered_then() {
    let server = Server::with_acme(1, 1).await;
    let ask = |time: Option<&str>| {
        let as_of = time.map_or_else(String::new, |time| format!("&as_of={time}"));
        format!("/v1/users/u-00/access?feature=duo_chat{as_of}")
    };
    let mut seen = Vec::new();
    for (number, day) in
        ["2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z", "2025-05-01T00:00:00Z"]
            .iter()
            .enumerate()
    {
        server.advance(day).await.ok();
        match number {
            1 => server.assign(&[user(0)]).await,
            2 => server.accept(&[event("block", "directory.v1.UserBlocked", json!({"user": "u-00"}))]).await,
            _ => {}
        }
        seen.push((*day, server.get(&ask(None)).await.ok()));
    }
    let reasons: Vec<_> = seen.iter().map(|(_, answer)| answer["reason"].clone()).collect();
    assert_eq!(reasons, ["no_seat", "seat", "user_not_active", "user_not_active"]);
    for (time, live) in seen {
        assert_eq!(server.get(&ask(Some(time))).await.ok(), live, "{time}");
    }
    server.get(&ask(Some("2030-01-01T00:00:00Z"))).await.problem(400, "malformed_request");
    server
        .get("/v1/users/nobody/access?feature=duo_chat&as_of=2025-02-01T00:00:00Z")
        .await
        .problem(404, "unknown_user");
}
