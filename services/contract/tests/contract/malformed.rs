//! Messages that don't have the shape of their type.

use contract::incoming::Incoming;
use licensing::Code;
use serde_json::{Value, json};

use crate::{messages, send};

fn detail(incoming: &Incoming) -> String {
    let refusal = incoming.request.as_ref().expect_err("the message was taken");
    assert_eq!(refusal.code, Code::MalformedEvent, "{refusal}");
    refusal.detail.clone()
}

/// The sample of a type with one field changed.
fn sample_with(type_name: &str, field: &str, value: Value) -> Value {
    let sample = messages::all().into_iter().find(|sample| sample.type_name == type_name).unwrap();
    let mut data = sample.json;
    data[field] = value;
    data
}

#[test]
fn a_required_field_that_is_absent_is_named() {
    let optional =
        ["contact_email", "instance_version", "add_ons", "effective_at", "started_by", "reason", "users", "mode"];
    for sample in messages::all() {
        for field in sample.json.as_object().unwrap().keys() {
            let kept = match sample.type_name {
                "usher.billing.v1.SubscriptionRenewed" => ["starts_at", "plan", "seats"].contains(&field.as_str()),
                _ => false,
            };
            if kept || optional.contains(&field.as_str()) {
                continue;
            }
            let mut without = sample.json.clone();
            without.as_object_mut().unwrap().remove(field);
            let told = detail(&send::structured(sample.type_name, without.clone()));
            assert!(told.contains(&format!("the field {field} is missing")), "{told}");
            let null = sample_with(sample.type_name, field, Value::Null);
            assert_eq!(send::structured(sample.type_name, null), send::structured(sample.type_name, without));
        }
    }
}

#[test]
fn an_absent_optional_field_is_fine() {
    for sample in messages::all() {
        for field in ["contact_email", "instance_version", "add_ons", "effective_at", "started_by", "reason", "mode"] {
            let without = sample_with(sample.type_name, field, Value::Null);
            let incoming = send::structured(sample.type_name, without);
            assert!(incoming.request.is_ok(), "{} without {field}: {:?}", sample.type_name, incoming.request);
        }
    }
}

#[test]
fn a_field_of_the_wrong_form_is_named_and_never_shown() {
    const SECRET: &str = "bob@secret.test";
    let long_id = "x".repeat(129);
    let long_name = "ü".repeat(1_025);
    let long_reason = "r".repeat(4_097);
    for (type_name, field, bad) in [
        ("usher.billing.v1.SubscriptionStarted", "licensee", json!(SECRET)),
        ("usher.billing.v1.SubscriptionStarted", "licensee", json!(long_id)),
        ("usher.billing.v1.SubscriptionStarted", "licensee", json!(5)),
        ("usher.billing.v1.SubscriptionStarted", "name", json!(long_name)),
        ("usher.billing.v1.SubscriptionStarted", "contact_email", json!(long_name)),
        ("usher.billing.v1.SubscriptionStarted", "offering", json!(SECRET)),
        ("usher.billing.v1.SubscriptionStarted", "subscription", json!("")),
        ("usher.billing.v1.SubscriptionStarted", "subscription", json!("s".repeat(256))),
        ("usher.billing.v1.SubscriptionStarted", "seats", json!(1.5)),
        ("usher.billing.v1.SubscriptionStarted", "seats", json!(SECRET)),
        ("usher.billing.v1.SubscriptionStarted", "seats", json!("1.0")),
        ("usher.billing.v1.SubscriptionStarted", "starts_at", json!(SECRET)),
        ("usher.billing.v1.SubscriptionStarted", "starts_at", json!(1_700_000_000)),
        ("usher.billing.v1.SubscriptionStarted", "ends_at", json!("2024-02-30T00:00:00Z")),
        ("usher.billing.v1.SubscriptionStarted", "ends_at", json!("0000-12-31T00:00:00Z")),
        ("usher.billing.v1.SubscriptionStarted", "ends_at", json!("9999-12-31T23:59:59-01:00")),
        ("usher.billing.v1.SubscriptionStarted", "instance_version", json!(SECRET)),
        ("usher.billing.v1.SubscriptionStarted", "add_ons", json!("duo_pro")),
        ("usher.billing.v1.SubscriptionStarted", "add_ons", json!([["duo_pro", 1]])),
        ("usher.billing.v1.SubscriptionStarted", "add_ons", json!([{"add_on": "duo_pro"}])),
        ("usher.billing.v1.SubscriptionStarted", "add_ons", json!([{"quantity": 1}])),
        ("usher.billing.v1.SeatsPurchased", "channel", json!(SECRET)),
        ("usher.billing.v1.TrialStarted", "started_by", json!(SECRET)),
        ("usher.billing.v1.TrialStarted", "contact_email", json!({"address": SECRET})),
        ("usher.directory.v1.MemberAdded", "role", json!("god")),
        ("usher.directory.v1.MemberAdded", "role", json!("Guest")),
        ("usher.directory.v1.MemberAdded", "type", json!(SECRET)),
        ("usher.directory.v1.MemberAdded", "username", json!(long_name)),
        ("usher.directory.v1.MemberAdded", "name", json!(long_name)),
        ("usher.directory.v1.MemberAdded", "email", json!([SECRET])),
        ("usher.directory.v1.UserBlocked", "user", json!("")),
        ("usher.directory.v1.UserBlocked", "reason", json!(long_reason)),
        ("usher.usage.v1.CodeSuggestionsUsed", "used_at", json!("yesterday")),
        ("usher.seats.v1.AssignSeats", "users", json!("u-1")),
        ("usher.seats.v1.AssignSeats", "users", json!(["u-1", null])),
        ("usher.seats.v1.AssignSeats", "users", json!(["u-1", SECRET])),
        ("usher.seats.v1.AssignSeats", "mode", json!("perhaps")),
        ("usher.seats.v1.RemoveSeats", "mode", json!("perhaps")),
        ("usher.seats.v1.SynchronizeInstance", "version", json!("seventeen")),
    ] {
        let told = detail(&send::structured(type_name, sample_with(type_name, field, bad.clone())));
        assert!(told.contains(&format!("the field {field}")), "{type_name} {field} {bad}: {told}");
        assert!(!told.contains(SECRET), "{told}");
    }
}

#[test]
fn the_longest_texts_are_taken() {
    for (type_name, field, chars) in [
        ("usher.directory.v1.MemberAdded", "name", 1_024),
        ("usher.directory.v1.UserBlocked", "reason", 4_096),
        ("usher.billing.v1.SubscriptionStarted", "subscription", 255),
    ] {
        let data = sample_with(type_name, field, json!("ü".repeat(chars)));
        assert!(send::structured(type_name, data).request.is_ok(), "{type_name} {field}");
    }
}

#[test]
fn an_unknown_plan_product_or_add_on_and_an_impossible_quantity_are_for_the_domain_to_judge() {
    for (type_name, field, value) in [
        ("usher.billing.v1.SubscriptionStarted", "plan", json!("")),
        ("usher.billing.v1.SubscriptionStarted", "plan", json!("no such plan")),
        ("usher.billing.v1.SubscriptionStarted", "seats", json!(-1)),
        ("usher.billing.v1.SubscriptionRenewed", "seats", json!(0)),
        ("usher.billing.v1.SeatsPurchased", "add_on", json!("no such add-on")),
        ("usher.billing.v1.SeatsPurchased", "quantity", json!(i64::MIN)),
        ("usher.seats.v1.AssignSeats", "product", json!("no such product")),
    ] {
        let incoming = send::structured(type_name, sample_with(type_name, field, value));
        assert!(incoming.request.is_ok(), "{type_name} {field}: {:?}", incoming.request);
    }
}

#[test]
fn data_that_is_no_object_is_malformed() {
    for sample in messages::all() {
        for bad in [json!([]), json!("text"), json!(5), json!(true), json!(["acme", "u-1"])] {
            let told = detail(&send::structured(sample.type_name, bad.clone()));
            assert!(told.contains("not a JSON object"), "{bad}: {told}");
        }
        for bad in ["", "{", "{\"licensee\":\"acme\",\"licensee\":\"b\",\"user\":1", "\u{feff}{}", "nul"] {
            detail(&send::binary(sample.type_name, "application/json", bad.as_bytes()));
        }
    }
}

#[test]
fn a_field_that_is_there_twice_is_malformed_and_makes_no_trouble() {
    let body = br#"{"user":"u-1","user":"u-2"}"#;
    detail(&send::binary("usher.directory.v1.UserBlocked", "application/json", body));
}

#[test]
fn protobuf_that_is_cut_short_is_malformed() {
    for sample in messages::all() {
        let cut = &sample.protobuf[..sample.protobuf.len() - 1];
        detail(&send::binary_protobuf(sample.type_name, cut));
        detail(&send::structured_base64(sample.type_name, cut));
    }
}

#[test]
fn a_time_beyond_bounds_in_protobuf_is_malformed() {
    for (seconds, nanos) in [(0, -1), (0, 1_000_000_000), (0, i32::MIN), (i64::MAX, 0), (253_402_300_800, 0)] {
        let used_at = Some(contract::timestamp::Timestamp { seconds, nanos });
        let message = contract::proto::usage::CodeSuggestionsUsed { user: Some("u-1".into()), used_at };
        let protobuf = prost::Message::encode_to_vec(&message);
        let told = detail(&send::binary_protobuf("usher.usage.v1.CodeSuggestionsUsed", &protobuf));
        assert!(told.contains("used_at"), "{seconds}.{nanos}: {told}");
    }
}

#[test]
fn r35_a_malformed_message_tells_its_licensee_where_that_can_be_read() {
    let named = |incoming: Incoming| {
        detail(&incoming);
        incoming.named_licensee.map(|licensee| licensee.to_string())
    };
    let purchase = "usher.billing.v1.SeatsPurchased";
    let acme = Some("acme".to_owned());
    assert_eq!(named(send::structured(purchase, json!({"licensee": "acme"}))), acme);
    assert_eq!(named(send::structured(purchase, json!({"quantity": 1.5, "licensee": "acme"}))), acme);
    assert_eq!(named(send::binary(purchase, "text/plain", br#"{"licensee":"acme"}"#)), acme);
    assert_eq!(named(send::structured(purchase, json!({"licensee": "a b", "quantity": 1}))), None);
    assert_eq!(named(send::structured(purchase, json!({"licensee": ["acme"]}))), None);

    let sample = messages::all().into_iter().find(|sample| sample.type_name == purchase).unwrap();
    let cut = &sample.protobuf[..sample.protobuf.len() - 1];
    assert_eq!(named(send::binary_protobuf(purchase, cut)), acme);
}

#[test]
fn r34_what_cannot_be_decoded_is_told_apart_by_its_bytes() {
    let digest = |body: &[u8]| send::binary("usher.directory.v1.UserBlocked", "application/json", body).digest;
    assert_eq!(digest(b"{\"user\":5}"), digest(b"{\"user\":5}"));
    assert_ne!(digest(b"{\"user\":5}"), digest(b"{\"user\":6}"));
    assert_ne!(digest(b"{\"user\":5}"), digest(b"{\"user\": 5}"));
}
