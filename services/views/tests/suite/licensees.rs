//! Licensees, as shown and as listed.

use licensing::*;
use serde_json::json;
use views::{LicenseesQuery, ViewsError};

use super::world::{World, all_pages, days, licensee};

fn query(search: Option<&str>, cursor: Option<String>, limit: usize) -> LicenseesQuery {
    LicenseesQuery { search: search.map(str::to_owned), cursor, limit }
}

#[test]
fn a_licensee_is_shown_as_the_contract_says() {
    let mut world = World::new();
    world.seated("acme", &["u-1", "u-2"]);
    world.put_name("acme", "Acme");
    let views = world.open();
    let position = world.last_events[&licensee("acme")];
    let shown = serde_json::to_value(views.licensee(&licensee("acme")).unwrap().unwrap()).unwrap();
    let expected = json!({
        "licensee": "acme", "name": "Acme", "offering": "gitlab_com", "version": 5,
        "position": format!("{}-{}", position.shard, position.position), "members": 2,
        "subscription": {
            "id": "A-1", "plan": "ultimate", "seats": 100, "status": "active",
            "starts_at": "2025-01-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z", "grace_ends_at": null
        },
        "products": {"duo": {
            "status": "active", "add_on": "duo_pro", "trial": false, "quantity": 50, "assigned": 2, "available": 48,
            "ends_at": "2026-01-01T00:00:00Z", "grace_ends_at": null
        }},
        "last_synced_at": null, "instance_version": null
    });
    assert_eq!(shown, expected);
}

#[test]
fn an_instance_shows_its_version_and_what_waits() {
    let mut world = World::new();
    world.subscribe("umbrella", Offering::SelfManaged, "ultimate", Some(("duo_pro", 5)));
    let shown = serde_json::to_value(world.open().licensee(&licensee("umbrella")).unwrap().unwrap()).unwrap();
    assert_eq!(shown["instance_version"], "17.5.2");
    assert_eq!(shown["products"]["duo"]["status"], "pending_sync");
}

#[test]
fn a_licensee_known_from_the_directory_only_has_neither_name_nor_subscription() {
    let mut world = World::new();
    world.join("acme", &["u-1"]);
    let views = world.open();
    let shown = serde_json::to_value(views.licensee(&licensee("acme")).unwrap().unwrap()).unwrap();
    assert_eq!(
        (&shown["name"], &shown["offering"], &shown["subscription"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert!(views.has_licensee(&licensee("acme")).unwrap());
    assert!(!views.has_licensee(&licensee("acm")).unwrap());
    assert_eq!(views.licensee(&licensee("acm")).unwrap(), None);
}

#[test]
fn licensees_are_listed_in_byte_order_page_by_page() {
    let mut world = World::new();
    let ids = ["Zeta", "acme", "b", "beta", "beta-2", "x:y", "0"];
    ids.iter().for_each(|id| world.join(id, &["u-1"]));
    let views = world.open();
    for limit in [1, 2, 3, 7, 8, 0, 5_000] {
        let listed = all_pages(|cursor| views.licensees(&query(None, cursor, limit)).unwrap(), |_| {});
        let listed: Vec<_> = listed.iter().map(|view| view.licensee.as_str()).collect();
        assert_eq!(listed, ["0", "Zeta", "acme", "b", "beta", "beta-2", "x:y"], "limit {limit}");
    }
}

#[test]
fn licensees_are_searched_by_id_and_name_in_any_letter_case() {
    let mut world = World::new();
    for (id, name) in [("acme", "Müller & Söhne"), ("globex", "100% Glob_ex"), ("initech", "Initech")] {
        world.join(id, &["u-1"]);
        world.put_name(id, name);
    }
    let views = world.open();
    for (search, found) in [
        ("ACM", vec!["acme"]),
        ("MÜLLER", vec!["acme"]),
        ("0%", vec!["globex"]),
        ("b_e", vec!["globex"]),
        ("e", vec!["acme", "globex", "initech"]),
        ("_", vec!["globex"]),
        ("nobody", vec![]),
        ("", vec!["acme", "globex", "initech"]),
    ] {
        let listed = all_pages(|cursor| views.licensees(&query(Some(search), cursor, 1)).unwrap(), |_| {});
        assert_eq!(listed.iter().map(|view| view.licensee.as_str()).collect::<Vec<_>>(), found, "{search:?}");
    }
}

#[test]
fn a_cursor_of_another_search_is_refused() {
    let mut world = World::new();
    ["acme", "globex"].iter().for_each(|id| world.join(id, &["u-1"]));
    let views = world.open();
    let cursor = views.licensees(&query(None, None, 1)).unwrap().next_cursor;
    assert!(views.licensees(&query(None, cursor.clone(), 1)).is_ok());
    assert!(matches!(views.licensees(&query(Some("e"), cursor, 1)), Err(ViewsError::InvalidCursor)));
    let nonsense = Some("nonsense".to_owned());
    assert!(matches!(views.licensees(&query(None, nonsense, 1)), Err(ViewsError::InvalidCursor)));
}

#[test]
fn timers_are_listed_by_due_time_as_the_contract_says() {
    let mut world = World::new();
    world.seated("acme", &["u-1"]);
    world.wait(days(1));
    world.seated("globex", &["u-1"]);
    world.wait(days(364));
    let views = world.open();
    let shown = serde_json::to_value(views.timers(None).unwrap()).unwrap();
    let expected = json!([
        {"licensee": "globex", "kind": "subscription_expires", "due_at": "2026-01-02T00:00:00Z"},
        {"licensee": "acme", "kind": "grace_ends", "due_at": "2026-01-29T00:00:00Z"},
        {"licensee": "acme", "kind": "seats_removed", "due_at": "2026-01-29T00:00:00Z"},
    ]);
    assert_eq!(shown, expected);
    assert_eq!(views.timers(Some(&licensee("globex"))).unwrap().len(), 1);
    assert!(views.timers(Some(&licensee("nobody"))).unwrap().is_empty());
}
