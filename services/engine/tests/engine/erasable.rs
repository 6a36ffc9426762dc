//! R29, R30: what is erasable is never in an event.

use prost::Message;
use serde_json::json;

use crate::fixture::*;

#[test]
fn r30_no_name_address_or_reason_gets_into_the_journals_records() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1", "u-2"]);
    fixture.call("acme", assign("u-1"));
    fixture.accept(&message("directory.v1.UserBlocked", json!({"user": "u-1", "reason": "said Secret things"})));
    fixture.send(&message(
        "directory.v1.MemberAdded",
        json!({"licensee": "acme", "user": "u-3", "name": "Jane Secret", "role": 7}),
    ));
    let details = fixture.journal().licensee_details("acme").unwrap().unwrap();
    assert_eq!(
        (details.name.as_str(), details.contact_email.as_deref()),
        ("Acme Secret Ltd", Some("secret.boss@example.com"))
    );
    assert_eq!(fixture.journal().person("u-1").unwrap().unwrap().username, "u-1-login");
    assert_eq!(fixture.journal().status_reasons("u-1").unwrap().len(), 1);
    for kind in fixture.records() {
        let record = contract::proto::journal::Record { kind: Some(kind) }.encode_to_vec();
        let text = String::from_utf8_lossy(&record).to_lowercase();
        assert!(!text.contains("secret") && !text.contains("u-1-login"), "{text}");
    }
}

#[test]
fn r29_deletion_erases_and_nothing_is_stored_afterwards() {
    let mut fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1"]);
    fixture.accept(&message_as(
        "block",
        DAY_ONE,
        "directory.v1.UserBlocked",
        json!({"user": "u-1", "reason": "Secret"}),
    ));
    fixture.accept(&message_as(
        "delete",
        DAY_ONE,
        "directory.v1.UserDeleted",
        json!({"user": "u-1", "reason": "Secret"}),
    ));
    for _ in 0..2 {
        assert_eq!(fixture.journal().person("u-1").unwrap(), None);
        assert!(fixture.journal().status_reasons("u-1").unwrap().is_empty());
        fixture.restart();
        let id = format!("again-{}", fixture.outcomes().len());
        fixture.accept(&message_as(&id, DAY_ONE, "directory.v1.MemberAdded", member_data("acme", "u-1")));
    }
}

#[test]
fn a_new_name_alone_is_an_update_and_the_same_again_is_none() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1"]);
    let mut data = member_data("acme", "u-1");
    data["name"] = json!("Joan Secret");
    assert_eq!(fixture.accept(&message_as("1", DAY_ONE, "directory.v1.MemberAdded", data.clone())).events, 1);
    assert_eq!(fixture.accept(&message_as("2", DAY_ONE, "directory.v1.MemberAdded", data)).events, 0);
    assert_eq!(fixture.names("acme").last().unwrap(), "MemberUpdated");
    assert_eq!(fixture.journal().person("u-1").unwrap().unwrap().name, "Joan Secret");
}
