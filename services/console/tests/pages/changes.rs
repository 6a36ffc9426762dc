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
