//! An event as it is posted: a CloudEvent in the JSON format, with the attributes that it has on Kafka's topic, and its data
//! as the history shows it.

use chrono::SecondsFormat;
use contract::{event::ShownEvent, proto::journal::Event};
use journal::{Position, Positions};
use licensing::Instant;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::NotifyError;

/// The type of what is posted only to see whether it arrives.
const TEST_TYPE: &str = "usher.webhooks.v1.Test";

/// Where events come from: `/usher/` and the id of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source(String);

impl Source {
    pub(super) fn of_store(store_id: &[u8]) -> Self {
        Self(format!("/usher/{}", hex::encode(store_id)))
    }
}

/// What is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The event's id, so that a repeat can be told.
    pub(super) id: String,
    pub(super) body: String,
}

impl Message {
    /// An event of the journal. No event holds a name, an address or free text.
    ///
    /// # Errors
    /// [`NotifyError::Record`] for what a newer version wrote, and for damage.
    pub(super) fn of_event(source: &Source, position: Position, event: &Event) -> Result<Self, NotifyError> {
        let unreadable = |source| NotifyError::Record { position, source: Box::new(source) };
        let ShownEvent { id, effective_at, recorded_at, data, .. } = ShownEvent::of(event).map_err(unreadable)?;
        let mut attributes = attributes(source, &id, &event.r#type, effective_at, data);
        attributes.extend([
            ("subject".to_owned(), json!(event.stream)),
            ("sequence".to_owned(), json!(format!("{:020}", event.version))),
            ("position".to_owned(), json!(Positions::from(position).to_string())),
            ("recordedtime".to_owned(), json!(time(recorded_at))),
            ("schemaversion".to_owned(), json!(event.schema_version.to_string())),
        ]);
        // An attribute of a CloudEvent is not empty.
        let optional = [
            ("commandid", event.command_id.clone()),
            ("actor", event.actor.clone()),
            ("correlationid", event.correlation_id.clone()),
            ("causationid", event.causation_id.clone()),
            ("hash", hex::encode(&event.hash)),
        ];
        let optional = optional.into_iter().filter(|(_, value)| !value.is_empty());
        attributes.extend(optional.map(|(name, value)| (name.to_owned(), Value::String(value))));
        Ok(Self { id, body: Value::Object(attributes).to_string() })
    }

    /// What says nothing, to see whether it arrives.
    pub(super) fn test(source: &Source, now: Instant) -> Self {
        let id = Uuid::now_v7().to_string();
        let attributes = attributes(source, &id, TEST_TYPE, now, json!({}));
        Self { id, body: Value::Object(attributes).to_string() }
    }
}

/// What every CloudEvent has.
fn attributes(source: &Source, id: &str, type_name: &str, at: Instant, data: Value) -> Map<String, Value> {
    Map::from_iter([
        ("specversion".to_owned(), json!("1.0")),
        ("id".to_owned(), json!(id)),
        ("source".to_owned(), json!(source.0)),
        ("type".to_owned(), json!(type_name)),
        ("time".to_owned(), json!(time(at))),
        ("datacontenttype".to_owned(), json!("application/json")),
        ("data".to_owned(), data),
    ])
}

/// To the microsecond, as on the topic.
fn time(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use contract::event::encode_licensee_event;
    use licensing::{AddOnId, AssignmentCause, Event as OfLicensee, LicenseeId, ProductId, UserId};

    use super::*;

    #[test]
    fn an_event_is_posted_with_all_that_the_topic_and_the_history_say_of_it() {
        let assigned = OfLicensee::SeatAssigned {
            user: UserId::parse("ann").unwrap(),
            product: ProductId::new("duo"),
            add_on: AddOnId::new("duo_pro"),
            cause: AssignmentCause::Requested,
        };
        let encoded = encode_licensee_event(&LicenseeId::parse("acme").unwrap(), &assigned);
        let event = Event {
            stream: "licensee/acme".into(),
            version: 7,
            id: Uuid::from_u128(9).into_bytes().to_vec(),
            r#type: encoded.type_name.to_owned(),
            schema_version: encoded.schema_version,
            data: encoded.data,
            effective_at_us: 1_700_000_000_000_000,
            recorded_at_us: 1_700_000_000_000_001,
            command_id: "c-1".into(),
            actor: "olga".into(),
            hash: vec![0xab],
            ..Event::default()
        };
        let position = Position { shard: 3, position: 44 };
        let message = Message::of_event(&Source::of_store(&[0x5f]), position, &event).unwrap();
        let id = "00000000-0000-0000-0000-000000000009";
        assert_eq!(message.id, id);
        let expected = json!({
            "specversion": "1.0", "id": id, "source": "/usher/5f", "type": "usher.licensing.v1.SeatAssigned",
            "subject": "licensee/acme", "time": "2023-11-14T22:13:20.000000Z", "datacontenttype": "application/json",
            "sequence": "00000000000000000007", "position": "3-44", "recordedtime": "2023-11-14T22:13:20.000001Z",
            "schemaversion": "1", "commandid": "c-1", "actor": "olga", "hash": "ab",
            "data": contract::event::data_json(&assigned),
        });
        assert_eq!(serde_json::from_str::<Value>(&message.body).unwrap(), expected);
    }
}
