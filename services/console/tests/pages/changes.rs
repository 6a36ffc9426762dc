use std::time::Duration;

use axum::body::BodyDataStream;
use tokio::time::timeout;
use tokio_stream::StreamExt;

use crate::server::Server;

const WAIT_MAX: Duration = Duration::from_secs(20);

/// The next event of a stream; `None` at its end.
async fn next(stream: &mut BodyDataStream) -> Option<String> {
    loop {
        let chunk = timeout(WAIT_MAX, stream.next()).await.expect("something comes in time")?;
        let text = String::from_utf8(chunk.unwrap().to_vec()).unwrap();
        // Others only keep the connection alive.
        if text.contains("data:") {
            return Some(text);
        }
    }
}

async fn version(server: &Server) -> u64 {
    server.interface("/v1/licensees/acme").await["version"].as_u64().unwrap()
}

#[tokio::test]
async fn a_page_hears_of_each_new_version_until_usher_stops() {
    let server = Server::new().await;
    let response = server.open("/licensees/acme/changes").await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    let first = next(&mut stream).await.unwrap();
    assert!(first.contains(&format!("data: {}", version(&server).await)), "{first}");
    server.post("/licensees/acme/seats/duo/u-0", &[("to", "assigned")]).await;
    let second = next(&mut stream).await.unwrap();
    assert!(second.contains(&format!("data: {}", version(&server).await)), "{second}");
    server.console.close();
    assert_eq!(next(&mut stream).await, None, "it ends so that nobody waits for it");
}

/// The number in an event.
fn number(event: &str) -> u64 {
    event.split("data: ").nth(1).and_then(|rest| rest.lines().next()).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_page_of_many_licensees_hears_of_each_and_shows_what_it_listens_from() {
    let server = Server::new().await;
    for page in ["/licensees", "/operations"] {
        let text = server.get(page).await.text;
        let version = text.split("data-version=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert!(text.contains("data-changes=\"/changes\""), "{page}: {text}");
        let mut stream = server.open("/changes").await.into_body().into_data_stream();
        assert_eq!(number(&next(&mut stream).await.unwrap()).to_string(), version, "{page} is not drawn anew at once");
    }
    let mut stream = server.open("/changes").await.into_body().into_data_stream();
    let first = number(&next(&mut stream).await.unwrap());
    server.post("/licensees/acme/seats/duo/u-0", &[("to", "assigned")]).await;
    assert_ne!(number(&next(&mut stream).await.unwrap()), first);
    server.console.close();
    assert_eq!(next(&mut stream).await, None, "it ends so that nobody waits for it");
}

#[tokio::test]
async fn an_owner_hears_only_of_what_is_theirs() {
    let server = Server::with_roles(&["owner:acme", "operator"]).await;
    let mut stream = server.open_as("owner:acme", "/changes").await.into_body().into_data_stream();
    let first = number(&next(&mut stream).await.unwrap());
    let sent = server.post_as("operator", "/licensees/inst/subscription/sync", &[("version", "17.6")]).await;
    assert_eq!(sent.status, 303);
    server.post_as("owner:acme", "/licensees/acme/seats/duo/u-0", &[("to", "assigned")]).await;
    assert_eq!(number(&next(&mut stream).await.unwrap()), first + 1, "the one event of acme, and none of inst");
    assert!(server.open("/changes").await.headers()["location"].to_str().unwrap().starts_with("/sign-in"));
}

#[tokio::test]
async fn no_more_pages_listen_than_there_are_places_for() {
    let server = Server::new().await;
    let mut open = Vec::new();
    for _ in 0..256 {
        let response = server.open("/licensees/acme/changes").await;
        assert_eq!(response.status(), 200);
        open.push(response);
    }
    assert_eq!(server.open("/licensees/acme/changes").await.status(), 503);
}
