use serde_json::{Value, json};

use crate::{
    messages::{event, user},
    server::Server,
};

const PATH: &str = "/v1/licensees/acme/events";

fn types(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn r36_an_event_shows_its_cause_and_both_times() {
    let server = Server::with_acme(1, 1).await;
    let given = server.put("/v1/licensees/acme/products/duo/seats/u-00").await.position();
    let page = server.get_at(PATH, &given).await.ok();
    assert_eq!(types(&page), ["SubscriptionStarted", "MemberAdded", "SeatAssigned"]);
    assert_eq!(page["next_cursor"], Value::Null);
    let item = &page["items"][2];
    assert_eq!(item["position"], given.as_str());
    assert_eq!((&item["version"], &item["actor"]), (&json!(3), &json!("anonymous")));
    assert_eq!(item["effective_at"], "2025-01-01T00:00:00Z");
    assert!(item["command_id"].as_str().is_some_and(|id| !id.is_empty()));
    let data = json!({"user": "u-00", "product": "duo", "add_on": "duo_pro", "cause": "requested"});
    assert_eq!(item["data"], data);
    let id = item["id"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    assert_eq!(page["items"][0]["command_id"], "/test#start-acme");
    assert_eq!(page["items"][0]["actor"], "/test");
}

#[tokio::test]
async fn r22_an_overage_shows_its_evidence() {
    let server = Server::with_acme(2, 2).await;
    server.assign(&[user(0), user(1)]).await;
    let lower = json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 1});
    server.accept(&[event("lower", "billing.v1.SeatQuantityChanged", lower)]).await;
    let page = server.get(&format!("{PATH}?type=SeatRemoved")).await.ok();
    let data = json!({"user": "u-01", "product": "duo", "reason": "overage", "rank": 1, "last_used_at": null});
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(page["items"][0]["data"], data);
}

#[tokio::test]
async fn the_history_is_paged_and_filtered_by_type_and_effective_time() {
    let server = Server::with_acme(3, 3).await;
    server.advance("2025-02-01T00:00:00Z").await.ok();
    server.assign(&[user(0), user(1)]).await;
    let mut seen = Vec::new();
    let mut path = format!("{PATH}?limit=2");
    loop {
        let page = server.get(&path).await.ok();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["version"].as_u64().unwrap()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{PATH}?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6]);
    let seats = server.get(&format!("{PATH}?type=SeatAssigned,SeatRemoved")).await.ok();
    assert_eq!(types(&seats), ["SeatAssigned", "SeatAssigned"]);
    let later = server.get(&format!("{PATH}?from=2025-02-01T01:00:00%2B01:00")).await.ok();
    assert_eq!(types(&later), ["SeatAssigned", "SeatAssigned"]);
    let earlier = server.get(&format!("{PATH}?to=2025-02-01T00:00:00Z")).await.ok();
    assert_eq!(types(&earlier), ["SubscriptionStarted", "MemberAdded", "MemberAdded", "MemberAdded"]);
    let never = server.get(&format!("{PATH}?to=2024-02-01T00:00:00Z&type=SeatAssigned")).await.ok();
    assert_eq!(types(&never), [""; 0]);
}

#[tokio::test]
async fn a_history_page_never_misses_what_was_answered() {
    let server = Server::with_acme(20, 20).await;
    for number in 0..20 {
        let path = format!("/v1/licensees/acme/products/duo/seats/{}", user(number));
        server.put(&path).await.ok();
        let page = server.get(&format!("{PATH}?type=SeatAssigned")).await.ok();
        assert_eq!(page["items"].as_array().unwrap().len(), number + 1);
    }
}

#[tokio::test]
async fn the_history_is_read_from_either_end() {
    let server = Server::with_acme(3, 3).await;
    let newest = server.get(&format!("{PATH}?order=newest_first&limit=3")).await.ok();
    let versions = |page: &Value| -> Vec<u64> {
        page["items"].as_array().unwrap().iter().map(|item| item["version"].as_u64().unwrap()).collect()
    };
    assert_eq!(versions(&newest), [4, 3, 2]);
    let cursor = newest["next_cursor"].as_str().unwrap();
    let rest = server.get(&format!("{PATH}?order=newest_first&limit=3&cursor={cursor}")).await.ok();
    assert_eq!((versions(&rest), &rest["next_cursor"]), (vec![1], &Value::Null));
    server.get(&format!("{PATH}?order=backwards")).await.problem(400, "malformed_request");
}
