use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn r30_names_are_shown_as_text_whatever_they_are() {
    let server = Server::new().await;
    let name = "<script>alert(1)</script>\"'><img src=x>";
    server.member("acme", "u-9", name).await;
    server.post("/licensees/acme/seats/duo/u-9", &[("to", "assigned")]).await;
    let search = "/licensees/acme/seats?search=%3Cscript%3E%22";
    for page in ["/licensees/acme/seats", "/licensees/acme/members/u-9/why", search] {
        let text = server.get(page).await.text;
        assert!(!text.contains("<script>") && !text.contains("<img"), "{page}: {text}");
    }
    assert!(server.get("/licensees/acme/seats").await.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    let review = server.post("/licensees/acme/seats/review", &[("action", "remove"), ("scope", "filter")]).await;
    assert!(review.text.contains("&lt;script&gt;") && !review.text.contains("<script>alert"), "{}", review.text);
}

#[tokio::test]
async fn r20_in_grace_the_day_is_told_on_which_the_seats_go() {
    let server = Server::new().await;
    server.post("/licensees/acme/seats/duo/u-0", &[("to", "assigned")]).await;
    server.message("billing.v1.SubscriptionCancelled", json!({ "licensee": "acme" })).await;
    for page in ["/licensees/acme/seats", "/licensees/acme/subscription"] {
        let text = server.get(page).await.text;
        assert!(text.contains("Seats are kept, but give no access") && text.contains("29 Jan 2025"), "{text}");
    }
}

#[tokio::test]
async fn an_empty_page_says_what_to_do() {
    let server = Server::new().await;
    for (page, says) in [
        ("/licensees?search=nobody", "Show all"),
        ("/licensees/empty/seats", "MemberAdded"),
        ("/licensees/acme/seats?search=nobody", "Show all members"),
        ("/licensees/acme/history?type=TrialStarted", "Show everything"),
        ("/licensees/acme/members/u-77/why", "Back to the seats"),
    ] {
        let reply = server.get(page).await;
        assert_eq!(reply.status, 200, "{page}");
        assert!(reply.text.contains(says), "{page}: {}", reply.text);
    }
}

#[tokio::test]
async fn what_an_address_gets_wrong_is_told_on_a_page() {
    let server = Server::new().await;
    for (page, status) in [
        ("/licensees/nobody/seats", 404),
        ("/licensees/a%20b/seats", 404),
        ("/licensees/acme/subscription?what=nonsense&seats=1", 400),
        ("/licensees/acme/subscription?what=change&seats=many", 400),
        ("/licensees/acme/seats?sort=nonsense", 200),
        ("/licensees/acme/history?type=Nonsense", 200),
        ("/licensees/acme/history?as_of=2099-01-01", 200),
    ] {
        let reply = server.get(page).await;
        assert_eq!(reply.status.as_u16(), status, "{page}");
        assert!(reply.text.starts_with("<!DOCTYPE html>"), "{page}");
    }
}

#[tokio::test]
async fn the_address_of_a_form_leads_whoever_opens_it_back_to_the_pages() {
    let server = Server::new().await;
    for page in
        ["seats/review", "seats/apply", "seats/duo/u-0", "undo/review", "subscription/apply", "subscription/sync"]
    {
        let reply = server.get(&format!("/licensees/acme/{page}")).await;
        assert_eq!(reply.status.as_u16(), 405, "{page}");
        assert!(reply.text.contains("only takes what a form sends") && reply.text.contains("All licensees"), "{page}");
        assert!(reply.header("content-security-policy").contains("default-src 'none'"), "{page}");
    }
}

#[tokio::test]
async fn every_kind_of_the_history_filter_is_one_that_the_interface_knows() {
    let server = Server::new().await;
    let page = server.get("/licensees/acme/history").await.text;
    let kinds: Vec<&str> = page.split("<option value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(kinds.len() > 4, "{kinds:?}");
    for kind in kinds {
        let text = server.get(&format!("/licensees/acme/history?type={kind}")).await.text;
        assert!(!text.contains("role=\"alert\""), "{kind}");
    }
}

#[tokio::test]
async fn r36_the_history_tells_who_and_by_which_command() {
    let server = Server::new().await;
    server.post("/licensees/acme/seats/duo/u-0", &[("to", "assigned")]).await;
    let text = server.get("/licensees/acme/history").await.text;
    assert!(text.contains("got a seat of Duo Pro") && text.contains("by anonymous"), "{text}");
    assert!(text.contains("Caused by command") && text.contains("<svg viewBox=\"0 0 720 180\""), "{text}");
}

#[tokio::test]
async fn operations_show_refusals_and_shards() {
    let server = Server::new().await;
    for user in ["u-0", "u-1", "u-2", "u-3"] {
        server.post(&format!("/licensees/acme/seats/duo/{user}"), &[("to", "assigned")]).await;
    }
    let text = server.get("/operations").await.text;
    assert!(text.contains("<dt>Waiting to be decided</dt><dd>41</dd>"), "{text}");
    for (what, count) in [
        ("Mails to be sent", "42"),
        ("Mails given up", "7"),
        ("Webhooks", "5"),
        ("Disabled", "1"),
        ("Failing now", "2"),
        ("Behind by", "43 records"),
    ] {
        assert!(text.contains(&format!("<dt>{what}</dt><dd>{count}</dd>")), "{what}: {text}");
    }
    assert!(text.contains("usher mail list --given-up") && text.contains("usher webhooks list"), "{text}");
    for says in [
        "Refusals by code",
        "The newest refusals",
        "&lt;b&gt;no&lt;/b&gt; licensee",
        "Send again",
        "no_seats_available",
        "Views behind",
        "Ready",
        "Here",
        "--kafka",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
}

#[tokio::test]
async fn a_day_that_is_over_is_shown_as_it_ended_and_changes_nothing() {
    let server = Server::new().await;
    server.put_clock("2025-01-10T12:00:00Z").await;
    server.post("/licensees/acme/seats/duo/u-0", &[("to", "assigned")]).await;
    let then = server.get("/licensees/acme/seats?as_of=2025-01-05").await.text;
    assert!(then.contains("This is the past") && then.contains("<strong>0</strong> of 3"), "{then}");
    assert!(!then.contains("role=\"switch\""), "nothing can be changed in the past");
    assert!(then.contains("/members/u-0/why?as_of=2025-01-05"), "{then}");
    let why = server.get("/licensees/acme/members/u-0/why?as_of=2025-01-05").await.text;
    assert!(why.contains("Never had a seat"), "{why}");
    let now = server.get("/licensees/acme/seats?as_of=2025-01-10").await.text;
    assert!(now.contains("role=\"switch\"") && !now.contains("This is the past"), "today is no past: {now}");
    let before = server.get("/licensees/acme/seats?as_of=2020-01-01").await.text;
    assert!(before.contains("was not there yet"), "{before}");
    let later = server.get("/licensees/acme/seats?as_of=2099-01-01").await.text;
    assert!(later.contains("later than now"), "{later}");
}

#[tokio::test]
async fn why_is_told_as_the_interface_explains_it() {
    let server = Server::new().await;
    server.post("/licensees/acme/seats/duo/u-0", &[("to", "assigned")]).await;
    let page = server.get("/licensees/acme/members/u-0/why").await.text;
    assert!(page.contains("Has a seat") && page.contains("rule R23"), "{page}");
    let explained = server.interface("/v1/licensees/acme/members/u-0/explain").await;
    let sentences = explained["products"][0]["sentences"].as_array().unwrap();
    assert!(!sentences.is_empty());
    for sentence in sentences {
        assert!(page.contains(sentence.as_str().unwrap()), "{sentence}: {page}");
    }
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_by_operators_only() {
    let server = Server::with_roles(&["operator", "auditor"]).await;
    const RETRY: &str = "/operations/dead-letters/retry";
    let sent = server.post_as("operator", RETRY, &[("id", "3/17")]).await;
    assert!(sent.status == 200 && sent.text.contains("It was sent again."), "{}", sent.text);
    assert_eq!(server.post_as("operator", RETRY, &[("id", "9/9")]).await.status, 409);
    assert_eq!(server.post_as("auditor", RETRY, &[("id", "3/17")]).await.status, 403);
    assert!(!server.get_as("auditor", "/operations").await.text.contains("name=\"id\" value"));
}
