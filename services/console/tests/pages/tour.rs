//! What leads a newcomer from one page to the next.

use crate::{forms::hidden, server::Server};

async fn all_taken() -> Server {
    let server = Server::new().await;
    for user in ["u-0", "u-1", "u-2"] {
        server.post(&format!("/licensees/acme/seats/duo/{user}"), &[("to", "assigned")]).await;
    }
    server
}

#[tokio::test]
async fn whoever_finds_no_free_seat_is_led_to_those_who_have_one() {
    let server = all_taken().await;
    let one = server.post("/licensees/acme/seats/duo/u-3", &[("to", "assigned")]).await;
    let many = server.post("/licensees/acme/seats/review", &[("action", "assign"), ("user", "u-3")]).await;
    for refused in [one, many] {
        assert_eq!(refused.status, 409);
        assert!(refused.text.contains("/licensees/acme/seats?assigned=yes&amp;sort=last_used_at"), "{}", refused.text);
        assert!(refused.text.contains("/licensees/acme/subscription#what-if"));
    }
    assert!(!server.get("/licensees/acme/seats").await.text.contains("longest unused"), "only where it helps");
}

#[tokio::test]
async fn r22_a_preview_calls_people_by_their_names_and_doing_it_leads_on() {
    let server = all_taken().await;
    let preview = server.get("/licensees/acme/subscription?what=renew&seats=2").await.text;
    assert!(preview.contains("Renewed as Premium with 10 seats and 2 seats of Duo Pro"), "{preview}");
    assert!(preview.contains("/licensees/acme/members/u-2/why\">name-2</a>"), "{preview}");
    let (version, key) = (hidden(&preview, "version"), hidden(&preview, "key"));
    let decision = [("what", "renew"), ("seats", "2"), ("version", version.as_str()), ("key", &key)];
    let done = server.post("/licensees/acme/subscription/apply", &decision).await;
    assert_eq!((done.status.as_u16(), server.assigned().await), (303, 2));
    let page = server.get(done.header("location")).await.text;
    assert!(page.contains("It is done") && page.contains("/licensees/acme/history?type=SeatRemoved"), "{page}");
    assert!(!server.get("/licensees/acme/subscription").await.text.contains("It is done"));
}

#[tokio::test]
async fn whoever_looks_back_to_a_day_sees_the_events_up_to_it() {
    let server = Server::new().await;
    server.put_clock("2025-01-05T12:00:00Z").await;
    server.post("/licensees/acme/seats/duo/u-0", &[("to", "assigned")]).await;
    let before = server.get("/licensees/acme/history?as_of=2025-01-04").await.text;
    assert!(before.contains("became a member") && !before.contains("got a seat"), "{before}");
    assert!(server.get("/licensees/acme/history?as_of=2025-01-05").await.text.contains("got a seat"));
}
