//! An event as a record of the topic: CloudEvents in Kafka's binary mode.
//!
//! | part | holds |
//! | --- | --- |
//! | partition | the shard |
//! | key | the id of the licensee, or of the user for a user's stream |
//! | `ce_specversion` | `1.0` |
//! | `ce_id` | the event's id, a UUID |
//! | `ce_source` | `/usher/` and the id of the store |
//! | `ce_type` | the full name of the message in the body |
//! | `ce_time` | when it took effect, RFC 3339 in UTC to the microsecond |
//! | `ce_subject` | the stream: `licensee/{id}` or `user/{id}` |
//! | `ce_sequence` | the stream's version, 20 digits |
//! | `ce_position` | where it lies in the journal, such as `7-1234` |
//! | `ce_recordedtime` | when it was decided, like `ce_time` |
//! | `ce_schemaversion` | the version of the body's schema |
//! | `ce_commandid`, `ce_actor` | what caused it, and who (R36) |
//! | `ce_correlationid`, `ce_causationid` | the same for whoever follows causes; absent where empty |
//! | `ce_hash` | its link of the stream's hash chain, hexadecimal |
//! | `usher_commit` | the number of its commit in the shard; no attribute of the event, but where the relay goes on from |
//! | `content-type` | `application/protobuf` |
//! | body | the message, the same bytes as in the journal |
//!
//! Nothing of the journal's event is left out, so that an auditor can rebuild it and check the chain from the topic alone.

mod decode;
mod encode;
mod time;

pub(crate) use decode::{Place, place};
pub use decode::{RecordError, from_record};
pub(crate) use encode::{EventRecord, Origin, to_record};

const SPECVERSION: &str = "1.0";
const CONTENT_TYPE: &str = "application/protobuf";

/// Names of headers.
mod header {
    pub(super) const SPECVERSION: &str = "ce_specversion";
    pub(super) const ID: &str = "ce_id";
    pub(super) const SOURCE: &str = "ce_source";
    pub(super) const TYPE: &str = "ce_type";
    pub(super) const TIME: &str = "ce_time";
    pub(super) const SUBJECT: &str = "ce_subject";
    pub(super) const SEQUENCE: &str = "ce_sequence";
    pub(super) const POSITION: &str = "ce_position";
    pub(super) const RECORDED_TIME: &str = "ce_recordedtime";
    pub(super) const SCHEMA_VERSION: &str = "ce_schemaversion";
    pub(super) const COMMAND_ID: &str = "ce_commandid";
    pub(super) const ACTOR: &str = "ce_actor";
    pub(super) const CORRELATION_ID: &str = "ce_correlationid";
    pub(super) const CAUSATION_ID: &str = "ce_causationid";
    pub(super) const HASH: &str = "ce_hash";
    pub(super) const COMMIT: &str = "usher_commit";
    pub(super) const CONTENT_TYPE: &str = "content-type";
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use contract::{proto::journal::Event, stored::EventRef};
    use journal::Position;
    use proptest::prelude::*;
    use prost::Message;

    use super::*;

    fn origin(position: Position) -> Origin<'static> {
        Origin { source: "/usher/5f0c3c0a", position, commit: 4 }
    }

    /// The record of an event as the relay finds it.
    fn record_of(encoded: &[u8], position: Position) -> Result<EventRecord<'_>, RecordError> {
        to_record(&EventRef::read(encoded).unwrap(), &origin(position))
    }

    fn decoded(record: &EventRecord<'_>) -> Result<(Position, Event), RecordError> {
        let headers = record.headers.iter().map(|(name, value)| (*name, value.as_bytes()));
        from_record(headers, Some(record.key.as_bytes()), Some(record.body))
    }

    fn any_event() -> impl Strategy<Value = Event> {
        let instant = -62_135_596_800_000_000i64..=253_402_300_799_999_999 + 40 * 86_400_000_000;
        let stream = prop_oneof!["licensee/[a-zA-Z0-9_.:-]{1,128}", "user/[a-zA-Z0-9_.:-]{1,128}"];
        let texts = (stream, "[a-zA-Z.]{1,40}", any::<[String; 4]>());
        let numbers = (any::<u64>(), any::<u32>(), instant.clone(), instant);
        let bytes =
            (any::<[u8; 16]>(), any::<Vec<u8>>(), prop_oneof![Just(Vec::new()), any::<[u8; 32]>().prop_map(Vec::from)]);
        (texts, numbers, bytes).prop_map(|(texts, numbers, bytes)| {
            let (stream, r#type, [command_id, actor, correlation_id, causation_id]) = texts;
            let (version, schema_version, effective_at_us, recorded_at_us) = numbers;
            let (id, data, hash) = bytes;
            Event {
                stream,
                version,
                id: id.to_vec(),
                r#type,
                schema_version,
                effective_at_us,
                recorded_at_us,
                command_id,
                actor,
                correlation_id,
                causation_id,
                data,
                hash,
            }
        })
    }

    proptest! {
        #[test]
        fn r36_an_event_is_read_from_its_record_exactly_as_it_was(
            event in any_event(), shard in any::<u16>(), position in any::<u64>()
        ) {
            let position = Position { shard, position };
            let encoded = event.encode_to_vec();
            let record = record_of(&encoded, position).unwrap();
            prop_assert_eq!(decoded(&record).unwrap(), (position, event));
        }

        #[test]
        fn whatever_somebody_else_writes_is_an_error_and_no_panic(
            headers in proptest::collection::vec(("ce_[a-z]{0,8}|usher_commit", any::<Vec<u8>>()), 0..20),
            key in any::<Option<Vec<u8>>>(),
        ) {
            let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
            prop_assert!(from_record(headers, key.as_deref(), None).is_err());
        }
    }

    fn sample() -> Event {
        Event {
            stream: "licensee/acme".into(),
            version: 57,
            id: (0..16).collect(),
            r#type: "usher.licensing.v1.SeatAssigned".into(),
            schema_version: 1,
            effective_at_us: 1_709_280_000_000_001,
            recorded_at_us: 1_709_280_001_000_000,
            command_id: "/seats#m-1".into(),
            actor: "/seats".into(),
            data: vec![1, 2],
            hash: vec![0xab; 32],
            ..Event::default()
        }
    }

    #[test]
    fn the_headers_are_those_of_the_contract() {
        let encoded = sample().encode_to_vec();
        let record = record_of(&encoded, Position { shard: 7, position: 1234 }).unwrap();
        assert_eq!(record.key, "acme");
        let shown: Vec<String> = record.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let expected = [
            "ce_specversion=1.0",
            "ce_id=00010203-0405-0607-0809-0a0b0c0d0e0f",
            "ce_source=/usher/5f0c3c0a",
            "ce_type=usher.licensing.v1.SeatAssigned",
            "ce_time=2024-03-01T08:00:00.000001Z",
            "ce_subject=licensee/acme",
            "ce_sequence=00000000000000000057",
            "ce_position=7-1234",
            "ce_recordedtime=2024-03-01T08:00:01.000000Z",
            "ce_schemaversion=1",
            "ce_commandid=/seats#m-1",
            "ce_actor=/seats",
            &format!("ce_hash={}", "ab".repeat(32)),
            "usher_commit=4",
            "content-type=application/protobuf",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_damaged_record_names_the_header() {
        let encoded = sample().encode_to_vec();
        let record = record_of(&encoded, Position { shard: 7, position: 1234 }).unwrap();
        for (name, _) in &record.headers {
            if ["ce_commandid", "ce_actor", "ce_hash", "usher_commit"].contains(name) {
                continue;
            }
            let without = EventRecord {
                headers: record.headers.iter().filter(|(other, _)| other != name).cloned().collect(),
                ..record.clone()
            };
            let error = decoded(&without).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        let other_key = EventRecord { key: "globex", ..record.clone() };
        assert!(matches!(decoded(&other_key), Err(RecordError::Key { .. })));
    }

    #[test]
    fn an_event_without_a_uuid_or_an_owner_is_not_sent() {
        let position = Position { shard: 0, position: 1 };
        let nameless = Event { id: vec![1], ..sample() }.encode_to_vec();
        assert!(matches!(record_of(&nameless, position), Err(RecordError::Unsendable { field: "id" })));
        let ownerless = Event { stream: "acme".into(), ..sample() }.encode_to_vec();
        assert!(matches!(record_of(&ownerless, position), Err(RecordError::Unsendable { field: "stream" })));
    }
}
