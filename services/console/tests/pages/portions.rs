//! More people than one command takes (R24).

use crate::{
    forms::hidden,
    server::{Reply, Server},
};

const REVIEW: &str = "/licensees/big/seats/review";

/// Presses the button of a review that decides.
pub async fn decide(server: &Server, review: &Reply) -> Reply {
    let names = ["action", "product", "people", "version", "key", "next_portion", "scope"];
    let has = |name: &&str| review.text.contains(&format!("name=\"{name}\" value"));
    let fields: Vec<(&str, String)> =
        names.into_iter().filter(has).map(|name| (name, hidden(&review.text, name))).collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    server.post("/licensees/big/seats/apply", &fields).await
}

async fn assigned(server: &Server) -> u64 {
    server.interface("/v1/licensees/big").await["products"]["duo"]["assigned"].as_u64().unwrap()
}

#[tokio::test]
async fn r24_everybody_is_done_in_portions_and_whoever_cannot_is_offered_once() {
    let server = Server::new().await;
    server.with_many(10_005, 3).await;
    let refused = server.post(REVIEW, &[("action", "assign"), ("scope", "filter")]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("This is a portion of those"), "what was chosen is a portion");
    let first = server.post(REVIEW, &[("action", "assign_who_can"), ("scope", "filter")]).await;
    assert!(first.text.contains("Assign 9997 seats") && first.text.contains("m-00000"));
    let done = decide(&server, &first).await;
    assert!(done.text.contains("9997 seats were assigned") && done.text.contains("Look at the next portion"));
    assert_eq!(assigned(&server).await, 9_997);

    let portion = hidden(&done.text, "portion");
    let next = [("action", "assign_who_can"), ("scope", "filter"), ("portion", portion.as_str())];
    let second = server.post(REVIEW, &next).await;
    assert!(second.text.contains("Assign 5 seats"), "{}", second.text);
    assert!(!second.text.contains("m-00000"), "whoever can't have a seat was offered before");
    let done = decide(&server, &second).await;
    assert!(done.text.contains("5 seats were assigned") && !done.text.contains("next portion"), "{}", done.text);
    assert_eq!(assigned(&server).await, 10_002);

    let all = server.post(REVIEW, &[("action", "remove"), ("scope", "filter")]).await;
    assert!(all.text.contains("Remove 10000 seats"));
    let done = decide(&server, &all).await;
    let portion = hidden(&done.text, "portion");
    let rest = server.post(REVIEW, &[("action", "remove"), ("scope", "filter"), ("portion", &portion)]).await;
    assert!(rest.text.contains("Remove 2 seats"), "{}", rest.text);
}

#[tokio::test]
async fn r24_a_portion_in_which_nobody_can_have_a_seat_leads_on_to_the_next() {
    let server = Server::new().await;
    server.with_many(10_002, 10_000).await;
    let first = server.post(REVIEW, &[("action", "assign_who_can"), ("scope", "filter")]).await;
    assert!(first.text.contains("Nothing would change"));
    let portion = hidden(&first.text, "portion");
    let next = [("action", "assign_who_can"), ("scope", "filter"), ("portion", portion.as_str())];
    let second = server.post(REVIEW, &next).await;
    assert!(second.text.contains("Assign 2 seats"), "{}", second.text);
}
