//! What was so at an instant.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use engine::ClockMode;
use serde_json::{Value, json};

use crate::{
    messages::{START, event, member, subscription, user},
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

/// The machine's time, later than all that was recorded before and earlier than all that is after.
fn machine_now() -> String {
    let before = Utc::now().timestamp_micros();
    while Utc::now().timestamp_micros() <= before + 1 {
        std::hint::spin_loop();
    }
    let now = DateTime::from_timestamp_micros(before + 1).unwrap();
    now.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["user"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn members_are_those_of_then_and_a_cursor_belongs_to_its_moment() {
    let server = Server::with_acme(6, 4).await;
    server.assign(&[user(4), user(0)]).await;
    server.advance("2025-02-01T00:00:00Z").await.ok();
    server.accept(&[event("leave", "directory.v1.MemberRemoved", json!({"licensee": "acme", "user": user(2)}))]).await;
    server.advance("2025-03-01T00:00:00Z").await.ok();
    let path = "/v1/licensees/acme/members?as_of=2025-01-15T00:00:00Z";
    assert_eq!(ids(&server.get(path).await.ok()), [0, 1, 2, 3, 4, 5].map(user));
    assert_eq!(ids(&server.get(&format!("{path}&assigned=true&sort=-username")).await.ok()), [4, 0].map(user));
    assert_eq!(ids(&server.get(&format!("{path}&search=name%20of%20U-02")).await.ok()), [user(2)]);
    for sort in ["user", "-username"] {
        let first = server.get(&format!("{path}&limit=4&sort={sort}")).await.ok();
        let cursor = first["next_cursor"].as_str().unwrap();
        // Somebody else goes between the pages.
        let leave = json!({"licensee": "acme", "user": user(5)});
        server.accept(&[event(&format!("leave-{sort}"), "directory.v1.MemberRemoved", leave)]).await;
        let second = server.get(&format!("{path}&limit=4&sort={sort}&cursor={cursor}")).await.ok();
        let mut both = [ids(&first), ids(&second)].concat();
        both.sort_unstable();
        assert_eq!(both, [0, 1, 2, 3, 4, 5].map(user), "{sort}");
        for other in ["/v1/licensees/acme/members?", "/v1/licensees/acme/members?as_of=2025-01-16T00:00:00Z"] {
            let other = format!("{other}&limit=4&sort={sort}&cursor={cursor}");
            server.get(&other).await.problem(400, "malformed_request");
        }
    }
    server.get(&format!("{path}&cursor=nothing")).await.problem(400, "malformed_request");
}

#[tokio::test]
async fn r22_a_use_counts_from_when_it_was_told() {
    let server = Server::with_acme(1, 1).await;
    let used = json!({"user": user(0), "used_at": "2025-01-02T00:00:00Z"});
    server.advance("2025-01-05T00:00:00Z").await.ok();
    let before = machine_now();
    server.accept(&[event("use", "usage.v1.CodeSuggestionsUsed", used)]).await;
    let last_use = async |moment: &str| {
        server.get(&format!("/v1/licensees/acme/members?{moment}")).await.ok()["items"][0]["last_used_at"].clone()
    };
    assert_eq!(last_use("as_of=2025-01-04T23:59:59Z").await, Value::Null);
    assert_eq!(last_use("as_of=2025-01-05T00:00:00Z").await, "2025-01-02T00:00:00Z");
    assert_eq!(last_use(&format!("as_known_at={before}")).await, Value::Null);
    assert_eq!(last_use(&format!("as_known_at={}", machine_now())).await, "2025-01-02T00:00:00Z");
}

#[tokio::test]
async fn access_and_seats_go_by_what_the_user_was_a_member_of_then() {
    let server = Server::with_acme(1, 1).await;
    server.assign(&[user(0)]).await;
    let seen =
        (server.get("/v1/users/u-00").await.ok(), server.get("/v1/users/u-00/access?feature=duo_chat").await.ok());
    server.advance("2025-02-01T00:00:00Z").await.ok();
    server.accept(&[event("leave", "directory.v1.MemberRemoved", json!({"licensee": "acme", "user": user(0)}))]).await;
    assert_eq!(server.get("/v1/users/u-00/access?feature=duo_chat").await.ok()["allowed"], false);
    let then = (
        server.get(&format!("/v1/users/u-00?as_of={START}")).await.ok(),
        server.get(&format!("/v1/users/u-00/access?feature=duo_chat&as_of={START}")).await.ok(),
    );
    assert_eq!(then, seen);
    assert_eq!(then.1["grants"], json!([{"licensee": "acme", "add_on": "duo_pro"}]));
    assert_eq!(server.get("/v1/users/u-00?as_of=2025-02-01T00:00:00Z").await.ok()["seats"], json!([]));
}

#[tokio::test]
async fn a_user_is_unknown_before_somebody_named_them() {
    let server = Server::new();
    server.advance("2025-01-02T00:00:00Z").await.ok();
    let unblocked = event("told", "directory.v1.UserReactivated", json!({"user": "told"}));
    server.accept(&[subscription("acme", "gitlab_com", 1), member("acme", "member"), unblocked]).await;
    for user in ["member", "told"] {
        server.get(&format!("/v1/users/{user}?as_of=2025-01-01T23:00:00Z")).await.problem(404, "unknown_user");
        assert_eq!(server.get(&format!("/v1/users/{user}?as_of=2025-01-02T00:00:00Z")).await.ok()["status"], "active");
    }
    let access = "/v1/users/member/access?feature=none&as_of";
    server.get(&format!("{access}=2025-01-01T23:00:00Z")).await.problem(404, "unknown_user");
    server.get(&format!("{access}=2025-01-02T00:00:00Z")).await.problem(404, "unknown_feature");
}

#[tokio::test]
async fn r18_what_a_timer_did_late_was_so_before_it_was_known() {
    let server = Server::new();
    server.accept(&[subscription("inst", "self_managed", 5)]).await;
    let before = machine_now();
    // As if usher had stood still meanwhile: the timer of the first of January fires now.
    server.advance("2025-01-20T00:00:00Z").await.ok();
    let status = async |moment: &str| {
        server.get(&format!("/v1/licensees/inst?{moment}")).await.ok()["products"]["duo"]["status"].clone()
    };
    assert_eq!(status("as_of=2025-01-01T23:59:59Z").await, "pending_sync");
    assert_eq!(status("as_of=2025-01-02T00:00:00Z").await, "active");
    assert_eq!(status(&format!("as_known_at={before}")).await, "pending_sync");
    assert_eq!(status(&format!("as_of=2025-01-10T00:00:00Z&as_known_at={before}")).await, "pending_sync");
    let after = machine_now();
    assert_eq!(status(&format!("as_of=2025-01-10T00:00:00Z&as_known_at={after}")).await, "active");
    assert_eq!(status(&format!("as_of=2025-01-01T12:00:00Z&as_known_at={after}")).await, "pending_sync");
}

#[tokio::test]
async fn by_the_machines_clock_a_late_message_is_decided_and_known_when_it_comes() {
    let server = Server::with(ClockMode::System, Arc::new(String::new));
    let started = machine_now();
    let mut subscription = subscription("acme", "gitlab_com", 1);
    subscription["data"]["ends_at"] = json!("2099-01-01T00:00:00Z");
    server.accept(&[subscription, member("acme", &user(0))]).await;
    server.assign(&[user(0)]).await;
    let seated = machine_now();
    // It happened long ago, as it says.
    server.accept(&[event("block", "directory.v1.UserBlocked", json!({"user": user(0)}))]).await;
    for clock in ["as_of", "as_known_at"] {
        let ask = |path: &str, at: &str| format!("/v1/{path}{clock}={at}");
        let seats = server.get(&ask("users/u-00?", &seated)).await.ok();
        assert_eq!((&seats["status"], seats["seats"].as_array().unwrap().len()), (&json!("active"), 1), "{clock}");
        let access = server.get(&ask("users/u-00/access?feature=duo_chat&", &seated)).await.ok();
        assert_eq!(access["reason"], "seat", "{clock}");
        server.get(&ask("licensees/acme?", &started)).await.problem(404, "unknown_licensee");
        server.get(&ask("licensees/acme/members?", &started)).await.problem(404, "unknown_licensee");
    }
}

#[tokio::test]
async fn a_moment_that_cannot_be_read_or_has_not_come_is_refused() {
    let server = Server::with_acme(1, 1).await;
    for path in ["licensees/acme?", "licensees/acme/members?", "users/u-00?", "users/u-00/access?feature=duo_chat&"] {
        for bad in [
            "as_of=",
            "as_of=now",
            "as_of=2025-01-01",
            "as_of=2025-01-01T00:00:00.000001Z",
            "as_of=2024-12-31T00:00:00Z&as_of=2024-12-31T00:00:00Z",
            "as_known_at=yesterday",
            "as_known_at=2999-01-01T00:00:00Z",
            "as_of=2025-01-01T00:00:00Z&as_known_at=2999-01-01T00:00:00Z",
        ] {
            server.get(&format!("/v1/{path}{bad}")).await.problem(400, "malformed_request");
        }
        let reply = server.get(&format!("/v1/{path}as_of={START}")).await;
        reply.ok();
        assert_eq!(reply.header("etag"), None);
    }
}

#[tokio::test]
async fn r19_of_an_instance_that_was_too_old_its_assigned_members_are_not_listed() {
    let server = Server::new();
    server.accept(&[subscription("inst", "self_managed", 5), member("inst", "u-00")]).await;
    server.advance("2025-01-01T12:00:00Z").await.ok();
    let synced = server.post("/v1/licensees/inst/sync", json!({"version": "17.5"})).await;
    let path = "/v1/licensees/inst/members?assigned=false";
    server.get_at(path, &synced.position()).await.ok();
    server.get(&format!("{path}&as_of={START}")).await.problem(409, "instance_version_too_old");
    assert_eq!(ids(&server.get(&format!("{path}&as_of=2025-01-01T12:00:00Z")).await.ok()), ["u-00"]);
}
