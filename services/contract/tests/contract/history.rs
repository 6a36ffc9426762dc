//! Events as the history shows them.

use licensing::Event;
use serde_json::{Value, json};

use crate::samples;

fn shown(name: &str) -> Value {
    samples::all().iter().find(|sample| sample.name() == name).unwrap().event.data_json()
}

#[test]
fn r22_an_overage_is_shown_with_its_evidence() {
    assert_eq!(
        shown("SeatRemoved.overage"),
        json!({"user": "u-1", "product": "duo", "reason": "overage", "rank": 2,
               "last_used_at": "1969-07-20T20:17:40.500Z"})
    );
    assert_eq!(
        shown("SeatRemoved.overage_never_used"),
        json!({"user": "u-1", "product": "duo", "reason": "overage", "rank": 1, "last_used_at": null})
    );
}

#[test]
fn a_removal_for_another_reason_is_shown_without_evidence() {
    assert_eq!(shown("SeatRemoved"), json!({"user": "u-1", "product": "duo", "reason": "requested"}));
}

#[test]
fn users_and_members_are_shown_by_their_ids() {
    assert_eq!(shown("UserBanned"), json!({"user": "u-1"}));
    assert_eq!(shown("MemberAdded"), json!({"user": "u-1", "role": "owner", "type": "human", "status": "active"}));
}

#[test]
fn times_are_shown_in_utc() {
    assert_eq!(shown("SubscriptionCancelled"), json!({"ends_at": "2024-06-30T22:00:00.000001Z"}));
}

#[test]
fn every_event_is_shown_with_its_fields_alone() {
    for sample in samples::all() {
        let data = sample.event.data_json();
        let fields = data.as_object().unwrap_or_else(|| panic!("{} is shown as {data}", sample.name()));
        assert!(!fields.is_empty() && !fields.contains_key("data"), "{} is shown as {data}", sample.name());
    }
}

#[test]
fn what_is_shown_reads_back_as_the_event() {
    for sample in samples::all() {
        if let contract::event::StreamEvent::Licensee { event, .. } = &sample.event {
            let tagged = json!({"type": event.name(), "data": sample.event.data_json()});
            assert_eq!(serde_json::from_value::<Event>(tagged).unwrap(), *event, "{}", sample.name());
        }
    }
}
