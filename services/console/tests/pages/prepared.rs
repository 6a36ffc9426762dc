//! An order of the past that takes a while (ADR 13).

use std::time::{Duration, Instant};

use crate::server::Server;

const WAIT_MAX: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_past_day_in_another_order_says_that_it_is_being_sorted_and_then_is_there() {
    let server = Server::new().await;
    server.with_many(2_001, 0).await;
    server.put_clock("2025-01-10T12:00:00Z").await;
    let page = "/licensees/big/seats?as_of=2025-01-05&sort=-username";
    let first = server.get(page).await;
    assert_eq!((first.status.as_u16(), first.header("refresh")), (202, "1"), "{}", first.text);
    assert!(first.text.contains("The members are being sorted") && first.text.contains("0 of 2001"), "{}", first.text);
    assert!(first.text.contains("This is the past") && first.text.contains("name=\"as_of\""), "the rest of the page");
    assert!(!first.text.contains("m-00000"), "nobody is shown out of order");
    let began = Instant::now();
    let sorted = loop {
        let reply = server.get(page).await;
        if reply.status != 202 {
            break reply;
        }
        assert!(began.elapsed() < WAIT_MAX, "{}", reply.text);
    };
    assert_eq!((sorted.status.as_u16(), sorted.header("refresh")), (200, ""));
    let place = |name: &str| sorted.text.find(name).unwrap_or_else(|| panic!("{name}: {}", sorted.text));
    assert!(place("m-02000") < place("m-01999") && !sorted.text.contains("m-00000"));
    assert!(!sorted.text.contains("being sorted"));
}
