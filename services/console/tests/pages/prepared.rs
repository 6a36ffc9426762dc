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

#[tokio::test]
async fn r37_what_would_become_of_thousands_is_found_out_while_the_page_says_so() {
    let server = Server::new().await;
    server.with_many(10_000, 0).await;
    let users: Vec<String> = (0..10_000).map(|number| format!("m-{number:05}")).collect();
    let users: Vec<(&str, &str)> = users.iter().map(|user| ("user", user.as_str())).collect();
    let review = server.post("/licensees/big/seats/review", &[&[("action", "assign")], &users[..]].concat()).await;
    let done = crate::portions::decide(&server, &review).await;
    assert!(done.text.contains("10000 seats were assigned"), "{}", done.text);

    let mut page = "/licensees/big/subscription?what=change&seats=1".to_owned();
    let began = Instant::now();
    for turn in 1.. {
        let reply = server.get(&page).await;
        if reply.status != 202 {
            assert!(turn > 1, "so much is not found out within what a page waits for it");
            assert!(reply.text.contains("9999 users would lose their seats"), "{}", reply.text);
            assert!(reply.text.contains("and 8999 more"), "{}", reply.text);
            return;
        }
        let next = format!("/licensees/big/subscription?what=change&seats=1&months=12&again={turn}#what-if");
        assert_eq!(reply.header("refresh"), format!("1; url={next}"));
        assert!(reply.text.contains("Who would lose a seat is being found out"), "{}", reply.text);
        assert!(began.elapsed() < WAIT_MAX, "{}", reply.text);
        page = next.trim_end_matches("#what-if").to_owned();
    }
}
