use serde_json::{Value, json};

use crate::{
    messages::{event, member, subscription, user},
    server::Server,
};

#[tokio::test]
async fn a_licensee_is_shown_as_the_contract_says() {
    let server = Server::with_acme(3, 50).await;
    server.assign(&[user(0), user(1)]).await;
    let reply = server.get("/v1/licensees/acme").await;
    let mut licensee = reply.ok();
    let position = licensee["position"].take();
    assert!(position.as_str().is_some_and(|position| position.contains('-')), "{position}");
    assert_eq!(reply.header("etag"), Some("\"v6\""));
    assert_eq!(
        licensee,
        json!({
            "licensee": "acme", "name": "acme Inc.", "offering": "gitlab_com", "version": 6, "position": null, "members": 3,
            "subscription": {
                "id": "A-S0001", "plan": "ultimate", "seats": 100, "status": "active",
                "starts_at": "2025-01-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z", "grace_ends_at": null,
            },
            "products": {"duo": {
                "status": "active", "add_on": "duo_pro", "trial": false, "quantity": 50, "assigned": 2, "available": 48,
                "ends_at": "2026-01-01T00:00:00Z", "grace_ends_at": null,
            }},
            "last_synced_at": null, "instance_version": null,
        })
    );
}

#[tokio::test]
async fn licensees_are_listed_in_byte_order_and_found_by_id_or_name() {
    let server = Server::new();
    let events: Vec<Value> = ["b", "a", "C", "c"].iter().map(|id| subscription(id, "gitlab_com", 1)).collect();
    server.accept(&events).await;
    let mut seen = Vec::new();
    let mut path = "/v1/licensees?limit=3".to_owned();
    loop {
        let page = server.get(&path).await.ok();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["licensee"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/licensees?limit=3&cursor={cursor}");
    }
    assert_eq!(seen, ["C", "a", "b", "c"]);
    let found = server.get("/v1/licensees?search=C%20inc").await.ok();
    assert_eq!(found["items"].as_array().unwrap().len(), 2);
    assert_eq!(server.get("/v1/licensees?search=&cursor=").await.ok()["items"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn members_are_filtered_sorted_and_paged() {
    let server = Server::with_acme(5, 50).await;
    server.assign(&[user(3), user(1)]).await;
    server
        .accept(&[
            event("block", "directory.v1.UserBlocked", json!({"user": user(4)})),
            event("use", "usage.v1.CodeSuggestionsUsed", json!({"user": user(1), "used_at": "2024-12-31T00:00:00Z"})),
        ])
        .await;
    let users = async |query: &str| -> Vec<String> {
        let page = server.get(&format!("/v1/licensees/acme/members?{query}")).await.ok();
        page["items"].as_array().unwrap().iter().map(|item| item["user"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(users("").await, [0, 1, 2, 3, 4].map(user));
    assert_eq!(users("sort=-user&limit=2").await, [4, 3].map(user));
    assert_eq!(users("assigned=true").await, [1, 3].map(user));
    assert_eq!(users("assigned=false&sort=-username").await, [4, 2, 0].map(user));
    assert_eq!(users("status=blocked").await, [user(4)]);
    assert_eq!(users("search=NAME%20of%20u-02").await, [user(2)]);
    assert_eq!(users("sort=last_used_at").await.first(), Some(&user(1)));
    let page = server.get("/v1/licensees/acme/members?search=u-01").await.ok();
    assert_eq!(
        page["items"],
        json!([{
            "user": "u-01", "username": "u-01-name", "name": "Name of u-01", "role": "developer", "type": "human",
            "status": "active", "assigned": true, "assigned_at": "2025-01-01T00:00:00Z",
            "last_used_at": "2024-12-31T00:00:00Z",
        }])
    );
    assert_eq!(page["next_cursor"], Value::Null);
}

#[tokio::test]
async fn members_come_once_each_over_pages_of_every_sort() {
    let server = Server::with_acme(7, 50).await;
    for sort in
        ["user", "-user", "username", "-username", "last_used_at", "-last_used_at", "assigned_at", "-assigned_at"]
    {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page =
                server.get(&format!("/v1/licensees/acme/members?sort={sort}&limit=3&cursor={cursor}")).await.ok();
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["user"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = next.to_owned();
        }
        seen.sort();
        assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6].map(user), "{sort}");
    }
}

#[tokio::test]
async fn r19_listing_assigned_users_of_an_instance_needs_its_version() {
    let server = Server::new();
    server.accept(&[subscription("inst", "self_managed", 5), member("inst", "u-00")]).await;
    for assigned in ["true", "false"] {
        let reply = server.get(&format!("/v1/licensees/inst/members?assigned={assigned}")).await;
        reply.problem(409, "instance_version_too_old");
    }
    assert_eq!(server.get("/v1/licensees/inst/members").await.ok()["items"].as_array().unwrap().len(), 1);
    let synced = server.post("/v1/licensees/inst/sync", json!({"version": "17.5"})).await;
    server.get_at("/v1/licensees/inst/members?assigned=false", &synced.position()).await.ok();
}

#[tokio::test]
async fn r35_refusals_of_all_kinds_are_listed_under_the_licensee_they_name() {
    let server = Server::with_acme(1, 1).await;
    server.put("/v1/licensees/acme/products/duo/seats/nobody").await.problem(409, "invalid_user_membership");
    let refused = server
        .events(&[
            event("bad", "billing.v1.SeatsPurchased", json!({"licensee": "acme"})),
            event("odd", "billing.v1.Nothing", json!({"licensee": "acme"})),
        ])
        .await;
    let position = refused[1]["position"].as_str().unwrap();
    let first = server.get_at("/v1/licensees/acme/refusals?limit=2", position).await.ok();
    let items = first["items"].as_array().unwrap();
    assert_eq!(items[0]["code"], "invalid_user_membership");
    assert_eq!(items[0]["type"], "PUT /v1/licensees/{licensee}/products/{product}/seats/{user}");
    assert_eq!(items[0]["actor"], "anonymous");
    assert_eq!(items[1]["code"], "malformed_event");
    assert_eq!(items[1]["command_id"], "/test#bad");
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server.get(&format!("/v1/licensees/acme/refusals?limit=2&cursor={cursor}")).await.ok();
    assert_eq!(second["items"][0]["code"], "unknown_event_type");
    assert_eq!(second["next_cursor"], Value::Null);
}

#[tokio::test]
async fn r28_a_user_shows_the_seats_of_all_licensees() {
    let server = Server::with_acme(1, 5).await;
    server.accept(&[subscription("globex", "gitlab_com", 5), member("globex", "u-00")]).await;
    server.assign(&[user(0)]).await;
    let given = server.put("/v1/licensees/globex/products/duo/seats/u-00").await;
    let shown = server.get_at("/v1/users/u-00", &given.position()).await.ok();
    let seat = |licensee: &str| json!({"licensee": licensee, "product": "duo", "add_on": "duo_pro", "assigned_at": "2025-01-01T00:00:00Z"});
    assert_eq!(shown, json!({"user": "u-00", "status": "active", "seats": [seat("acme"), seat("globex")]}));
}

#[tokio::test]
async fn r31_access_names_who_grants_it_or_the_reason_against() {
    let server = Server::with_acme(2, 5).await;
    server.assign(&[user(0)]).await;
    let access =
        async |user: &str, feature: &str| server.get(&format!("/v1/users/{user}/access?feature={feature}")).await.ok();
    assert_eq!(
        access("u-00", "code_suggestions").await,
        json!({"allowed": true, "reason": "seat", "grants": [{"licensee": "acme", "add_on": "duo_pro"}]})
    );
    let refused = |reason: &str| json!({"allowed": false, "reason": reason, "grants": []});
    assert_eq!(access("u-01", "code_suggestions").await, refused("no_seat"));
    assert_eq!(access("u-00", "root_cause_analysis").await, refused("feature_not_in_add_on"));
    server.get("/v1/users/u-00/access?feature=mind_reading").await.problem(404, "unknown_feature");
    server.get("/v1/users/u-99/access?feature=code_suggestions").await.problem(404, "unknown_user");
    server.get("/v1/users/u-00/access").await.problem(400, "malformed_request");
}

#[tokio::test]
async fn what_nobody_has_heard_of_is_404_with_its_code() {
    let server = Server::with_acme(1, 1).await;
    for path in ["", "/members", "/members?assigned=true", "/events", "/refusals"] {
        server.get(&format!("/v1/licensees/nobody{path}")).await.problem(404, "unknown_licensee");
    }
    server.get("/v1/timers?licensee=nobody").await.problem(404, "unknown_licensee");
    server.get("/v1/users/nobody").await.problem(404, "unknown_user");
    server.put("/v1/licensees/nobody/products/duo/seats/u-00").await.problem(404, "unknown_licensee");
    server.delete("/v1/licensees/acme/products/tea/seats/u-00").await.problem(404, "unknown_product");
    server.post("/v1/licensees/nobody/sync", json!({"version": "17.5"})).await.problem(404, "unknown_licensee");
}
