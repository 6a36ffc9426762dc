//! What the reader of stored events refuses.

use contract::{
    event::{DecodeError, FieldError, SCHEMA_VERSION, StreamEvent, decode},
    proto::licensing as wire,
    timestamp::Timestamp,
};
use prost::Message;

use crate::samples;

fn seat_removed() -> wire::SeatRemoved {
    wire::SeatRemoved {
        licensee: "acme".into(),
        user: "u-1".into(),
        product: "duo".into(),
        reason: "requested".into(),
        ..Default::default()
    }
}

fn read(message: &wire::SeatRemoved) -> Result<StreamEvent, DecodeError> {
    decode("usher.licensing.v1.SeatRemoved", SCHEMA_VERSION, &message.encode_to_vec())
}

/// The name of the field that is refused.
fn refused_field(message: &wire::SeatRemoved) -> &'static str {
    match read(message) {
        Err(DecodeError::Field { source, .. }) => match source {
            FieldError::Missing { field }
            | FieldError::Unexpected { field }
            | FieldError::Invalid { field, .. }
            | FieldError::Time { field } => field,
        },
        other => panic!("no field was refused: {other:?}"),
    }
}

#[test]
fn a_good_one_is_read() {
    assert_eq!(read(&seat_removed()).unwrap().stream().to_string(), "licensee/acme");
}

#[test]
fn an_event_of_a_newer_version_says_to_upgrade() {
    let data = seat_removed().encode_to_vec();
    let unknown = decode("usher.licensing.v1.SeatLent", 1, &data).unwrap_err();
    assert!(matches!(unknown, DecodeError::UnknownType { .. }) && unknown.to_string().contains("upgrade usher"));
    let newer = decode("usher.licensing.v1.SeatRemoved", SCHEMA_VERSION + 1, &data).unwrap_err();
    assert!(matches!(newer, DecodeError::NewerSchema { found: 2, .. }) && newer.to_string().contains("upgrade usher"));
    assert!(matches!(decode("usher.licensing.v1.SeatRemoved", 0, &data), Err(DecodeError::NoSchema { .. })));
}

#[test]
fn bytes_that_are_no_protobuf_are_damage() {
    let damaged = decode("usher.licensing.v1.SeatRemoved", 1, &[0x0a, 0x05, b'x']);
    assert!(matches!(damaged, Err(DecodeError::Protobuf { .. })));
}

#[test]
fn a_field_that_this_version_never_wrote_is_named() {
    assert_eq!(refused_field(&wire::SeatRemoved { licensee: String::new(), ..seat_removed() }), "licensee");
    assert_eq!(refused_field(&wire::SeatRemoved { user: "a b".into(), ..seat_removed() }), "user");
    assert_eq!(refused_field(&wire::SeatRemoved { product: String::new(), ..seat_removed() }), "product");
    assert_eq!(refused_field(&wire::SeatRemoved { reason: "boredom".into(), ..seat_removed() }), "reason");
}

#[test]
fn r22_evidence_belongs_to_an_overage_and_to_nothing_else() {
    let used = Some(Timestamp { seconds: 1, nanos: 0 });
    let overage = || wire::SeatRemoved { reason: "overage".into(), ..seat_removed() };
    assert!(read(&wire::SeatRemoved { rank: Some(1), last_used_at: used, ..overage() }).is_ok());
    assert_eq!(refused_field(&wire::SeatRemoved { last_used_at: used, ..overage() }), "rank");
    assert_eq!(refused_field(&wire::SeatRemoved { rank: Some(1), ..seat_removed() }), "rank");
    assert_eq!(refused_field(&wire::SeatRemoved { last_used_at: used, ..seat_removed() }), "last_used_at");
    let impossible = Some(Timestamp { seconds: 1, nanos: -1 });
    let message = wire::SeatRemoved { rank: Some(1), last_used_at: impossible, ..overage() };
    assert_eq!(refused_field(&message), "last_used_at");
}

#[test]
fn a_type_is_personal_if_its_events_are_about_one_user_of_a_licensee() {
    for sample in samples::all() {
        let type_name = sample.event.encode().type_name;
        let is_personal = matches!(&sample.event, StreamEvent::Licensee { event, .. } if event.user().is_some());
        assert_eq!(contract::event::is_personal(type_name), is_personal, "{type_name}");
    }
}
