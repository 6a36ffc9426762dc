//! Every type, in every form: the same message is the same, however it comes.

use std::collections::BTreeSet;

use contract::incoming::{Incoming, Request, TYPE_NAMES};
use licensing::{AssignMode, Command};
use serde_json::{Value, json};

use crate::{
    messages::{self, instant},
    send,
};

fn asked(incoming: Incoming) -> Command {
    match incoming.request {
        Ok(Request::Licensee { command, .. }) => command,
        other => panic!("no command for a licensee: {other:?}"),
    }
}

#[test]
fn every_type_of_the_contract_has_a_sample() {
    let sampled: BTreeSet<_> = messages::all().iter().map(|sample| sample.type_name).collect();
    assert_eq!(sampled, TYPE_NAMES.iter().copied().collect());
}

#[test]
fn every_type_is_read_alike_in_every_form() {
    for sample in messages::all() {
        let incoming = send::structured(sample.type_name, sample.json.clone());
        assert_eq!(incoming.request.as_ref(), Ok(&sample.request), "{}", sample.type_name);
        assert_eq!(incoming.type_name, sample.type_name);
        assert_eq!(incoming.time, Some(instant(send::TIME)));
        let key = incoming.key.as_ref().unwrap();
        assert_eq!((key.source(), key.id()), (send::SOURCE, send::ID));
        let named = incoming.named_licensee.as_ref().map(|licensee| licensee.as_str());
        assert_eq!(named, sample.json["licensee"].as_str(), "{}", sample.type_name);

        assert_eq!(send::binary_json(sample.type_name, &sample.json), incoming);
        assert_eq!(send::structured_base64(sample.type_name, &sample.protobuf), incoming);
        assert_eq!(send::binary_protobuf(sample.type_name, &sample.protobuf), incoming);
    }
}

#[test]
fn unknown_fields_are_ignored() {
    for sample in messages::all() {
        let mut with_more = sample.json.clone();
        with_more["of_tomorrow"] = json!({"deep": [1, null]});
        let mut protobuf = sample.protobuf.clone();
        // Field 100, two bytes of text.
        protobuf.extend([0xa2, 0x06, 2, b'h', b'i']);
        let incoming = send::structured(sample.type_name, sample.json);
        assert_eq!(send::structured(sample.type_name, with_more), incoming);
        assert_eq!(send::binary_protobuf(sample.type_name, &protobuf), incoming);
    }
}

#[test]
fn r34_the_digest_tells_types_and_contents_apart_and_nothing_else() {
    let digests: BTreeSet<_> =
        messages::all().into_iter().map(|sample| send::structured(sample.type_name, sample.json).digest).collect();
    assert_eq!(digests.len(), messages::all().len());

    let digest = |event: Value| contract::incoming::from_json(event.to_string().as_bytes()).digest;
    let event = send::envelope("usher.directory.v1.UserBlocked", json!({"user": "u-1"}));
    let mut later = event.clone();
    later["time"] = json!("2030-01-01T00:00:00Z");
    later["subject"] = json!("u-1");
    assert_eq!(digest(later), digest(event.clone()));
    let mut spelt_out = event.clone();
    spelt_out["data"] = json!({"reason": null, "user": "u-1"});
    assert_eq!(digest(spelt_out), digest(event.clone()));
    let mut other = event.clone();
    other["data"] = json!({"user": "u-1", "reason": ""});
    assert_ne!(digest(other), digest(event));
}

#[test]
fn a_time_is_normalised_to_utc_and_cut_to_the_microsecond_in_either_form() {
    let type_name = "usher.usage.v1.CodeSuggestionsUsed";
    let plain = send::structured(type_name, json!({"user": "u-1", "used_at": "2024-02-29T23:30:00.000001Z"}));
    let finer = json!({"user": "u-1", "used_at": "2024-03-01T01:30:00.000001999+02:00"});
    assert_eq!(send::structured(type_name, finer), plain);
    let seconds = instant("2024-02-29T23:30:00Z").timestamp();
    let protobuf = prost::Message::encode_to_vec(&contract::proto::usage::CodeSuggestionsUsed {
        user: Some("u-1".into()),
        used_at: Some(contract::timestamp::Timestamp { seconds, nanos: 1_999 }),
    });
    assert_eq!(send::binary_protobuf(type_name, &protobuf), plain);
}

#[test]
fn r4_absent_add_ons_and_an_empty_list_differ() {
    let renewal = |add_ons: Value| {
        let data = json!({"licensee": "acme", "subscription": "s", "ends_at": "2026-01-01T00:00:00Z",
                          "add_ons": add_ons});
        send::structured("usher.billing.v1.SubscriptionRenewed", data)
    };
    for (form, orders) in [
        (json!(null), None),
        (json!([]), Some(0)),
        (json!({"items": []}), Some(0)),
        (json!([{"add_on": "a", "quantity": "7"}]), Some(1)),
        (json!({"items": [{"add_on": "a", "quantity": 7}, {"add_on": "b", "quantity": 0}]}), Some(2)),
    ] {
        let Command::RenewSubscription(renewal) = asked(renewal(form.clone())) else { panic!("no renewal") };
        assert_eq!(renewal.add_ons.map(|orders| orders.len()), orders, "{form}");
    }
    assert_ne!(renewal(json!([])).digest, renewal(json!(null)).digest);
}

#[test]
fn r24_absent_users_are_an_empty_list_and_an_absent_mode_is_all_or_nothing() {
    for data in [
        json!({"licensee": "acme", "product": "duo"}),
        json!({"licensee": "acme", "product": "duo", "users": null, "mode": null}),
        json!({"licensee": "acme", "product": "duo", "users": []}),
    ] {
        let incoming = send::structured("usher.seats.v1.AssignSeats", data);
        let Command::AssignSeats { users, mode, .. } = asked(incoming) else { panic!("no assignment") };
        assert_eq!((users.len(), mode), (0, AssignMode::AllOrNothing));
    }
}

#[test]
fn r30_nothing_erasable_shows_in_what_is_logged() {
    for sample in messages::all() {
        let logged = format!("{:?}", send::structured(sample.type_name, sample.json));
        for erasable in ["Acme", "acme.test", "ann.o", "Ann Ö", "left", "asked for it"] {
            assert!(!logged.contains(erasable), "{erasable:?} in {logged}");
        }
    }
}
