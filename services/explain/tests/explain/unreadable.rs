//! What can't be read is named, not skipped.

use contract::{event::encode_licensee_event, proto::journal};
use explain::Fact;
use licensing::{Event, LicenseeId, UserId};

fn stored() -> journal::Event {
    let licensee = LicenseeId::parse("acme").unwrap();
    let event = Event::MemberRemoved { user: UserId::parse("ann").unwrap() };
    let encoded = encode_licensee_event(&licensee, &event);
    journal::Event {
        stream: "licensee/acme".to_owned(),
        version: 7,
        id: vec![1; 16],
        r#type: encoded.type_name.to_owned(),
        schema_version: encoded.schema_version,
        data: encoded.data,
        ..journal::Event::default()
    }
}

#[test]
fn an_event_is_read_with_all_that_the_journal_keeps_of_it() {
    let fact = Fact::read(stored(), "7-1".to_owned()).unwrap();
    assert_eq!((fact.cited.version, fact.cited.type_name), (7, "MemberRemoved"));
    assert_eq!(fact.cited.id, "01010101-0101-0101-0101-010101010101");
}

#[test]
fn damage_names_the_event() {
    for damaged in [
        journal::Event { id: vec![1; 3], ..stored() },
        journal::Event { effective_at_us: i64::MAX, ..stored() },
        journal::Event { r#type: "usher.licensing.v1.Unheard".to_owned(), ..stored() },
    ] {
        let error = Fact::read(damaged, String::new()).unwrap_err();
        assert_eq!(error.to_string(), "event 7 of licensee/acme cannot be read");
    }
}
