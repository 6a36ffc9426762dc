//! Batches in the JSON format.

use contract::incoming::{BATCH_EVENTS_MAX, NotABatch, batch_from_json, from_json};
use licensing::Code;
use serde_json::{Value, json};

use crate::{messages, send};

#[test]
fn a_batch_reads_like_its_events_one_by_one_and_in_order() {
    let events: Vec<Value> =
        messages::all().into_iter().map(|sample| send::envelope(sample.type_name, sample.json)).collect();
    let batch = batch_from_json(Value::from(events.clone()).to_string().as_bytes()).unwrap();
    let alone: Vec<_> = events.iter().map(|event| from_json(event.to_string().as_bytes())).collect();
    assert_eq!(batch, alone);
    assert!(batch.iter().all(|incoming| incoming.request.is_ok()));
}

#[test]
fn an_element_that_is_no_event_is_malformed_and_harms_no_other() {
    let good = send::envelope("usher.directory.v1.UserBlocked", json!({"user": "u-1"}));
    let batch = batch_from_json(json!([5, null, [], good, "x"]).to_string().as_bytes()).unwrap();
    let codes: Vec<_> = batch.iter().map(|incoming| incoming.request.as_ref().err().map(|r| r.code)).collect();
    let malformed = Some(Code::MalformedEvent);
    assert_eq!(codes, [malformed, malformed, malformed, None, malformed]);
}

#[test]
fn what_is_no_array_is_no_batch() {
    for bad in ["", "{}", "5", "null", "[", "[1,]", "[{]"] {
        assert_eq!(batch_from_json(bad.as_bytes()), Err(NotABatch::NoArray), "{bad:?}");
    }
    assert_eq!(batch_from_json(b"[\"\xff\"]"), Err(NotABatch::NoArray));
    assert_eq!(batch_from_json(b"[]"), Ok(vec![]));
}

#[test]
fn a_batch_is_bounded() {
    let batch = |events: usize| batch_from_json(Value::from(vec![json!({}); events]).to_string().as_bytes());
    assert_eq!(batch(BATCH_EVENTS_MAX).unwrap().len(), BATCH_EVENTS_MAX);
    assert_eq!(batch(BATCH_EVENTS_MAX + 1), Err(NotABatch::TooLong { events: BATCH_EVENTS_MAX + 1 }));
}
