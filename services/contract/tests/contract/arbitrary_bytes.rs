//! No input makes the decoders panic, whatever it is.

use contract::{
    event::{self, SCHEMA_VERSION, decode},
    incoming::{self, Incoming, batch_from_json, from_json, is_json_object},
};
use proptest::{prelude::*, sample::select};

use crate::{messages, samples, send};

/// Good bytes with some of them replaced, and perhaps cut short: most faults are near something good.
fn damaged(good: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = good.len();
    let damage = prop::collection::vec((0..length.max(1), any::<u8>()), 0..4);
    (Just(good), damage, 0..=length).prop_map(|(mut bytes, damage, cut)| {
        for (place, byte) in damage {
            if let Some(slot) = bytes.get_mut(place) {
                *slot = byte;
            }
        }
        bytes.truncate(cut.max(bytes.len() / 2));
        bytes
    })
}

fn damaged_event() -> impl Strategy<Value = Vec<u8>> {
    let events: Vec<_> = messages::all()
        .into_iter()
        .map(|sample| send::envelope(sample.type_name, sample.json).to_string().into_bytes())
        .collect();
    select(events).prop_flat_map(damaged)
}

/// Whatever was read, the parts agree with each other.
fn check(incoming: &Incoming) {
    if let Ok(incoming::Request::Licensee { licensee, .. }) = &incoming.request {
        assert_eq!(incoming.named_licensee.as_ref(), Some(licensee));
    }
    if incoming.request.is_ok() {
        assert!(incoming.key.is_some() && incoming.time.is_some());
    }
    assert!(incoming.type_name.chars().count() <= incoming::TYPE_NAME_CHARS_MAX);
}

proptest! {
    #[test]
    fn json_of_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&from_json(&bytes));
        is_json_object(&bytes);
        for incoming in batch_from_json(&bytes).unwrap_or_default() {
            check(&incoming);
        }
    }

    #[test]
    fn json_near_a_good_event(bytes in damaged_event()) {
        check(&from_json(&bytes));
        prop_assert!(is_json_object(&bytes) || from_json(&bytes).key.is_none());
    }

    #[test]
    fn binary_of_any_bytes(
        type_name in select(incoming::TYPE_NAMES),
        content_type in select(vec!["application/json", "application/protobuf"]),
        bytes in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        check(&send::binary(type_name, content_type, &bytes));
    }

    #[test]
    fn protobuf_near_a_good_message(
        (type_name, bytes) in select((0..messages::all().len()).collect::<Vec<_>>()).prop_flat_map(|place| {
            let sample = messages::all().swap_remove(place);
            (Just(sample.type_name), damaged(sample.protobuf))
        }),
    ) {
        check(&send::binary_protobuf(type_name, &bytes));
    }

    #[test]
    fn stored_events_of_any_bytes(
        type_name in select(event::TYPE_NAMES),
        schema_version in 0..=SCHEMA_VERSION + 1,
        bytes in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        _ = decode(type_name, schema_version, &bytes);
    }

    #[test]
    fn stored_events_near_a_good_one(
        (type_name, bytes) in select((0..samples::all().len()).collect::<Vec<_>>()).prop_flat_map(|place| {
            let encoded = samples::all().swap_remove(place).event.encode();
            (Just(encoded.type_name), damaged(encoded.data))
        }),
    ) {
        // What is read at all can be written and read again.
        if let Ok(event) = decode(type_name, SCHEMA_VERSION, &bytes) {
            let again = event.encode();
            prop_assert_eq!(decode(again.type_name, again.schema_version, &again.data).unwrap(), event);
        }
    }
}
