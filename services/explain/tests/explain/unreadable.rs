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

#[test]
fn the_types_of_events_about_one_user_are_all_of_those_and_no_others() {
    let (ann, bob) = (UserId::parse("ann").unwrap(), UserId::parse("bob").unwrap());
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/golden/events");
    let mut types = std::collections::BTreeSet::new();
    for file in std::fs::read_dir(golden).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_stem().unwrap().to_str().unwrap().split('.').next().unwrap().to_owned();
        let type_name = format!("usher.licensing.v1.{name}");
        let data = hex::decode(std::fs::read_to_string(&file).unwrap().trim()).unwrap();
        let stored = journal::Event { r#type: type_name.clone(), data, ..stored() };
        let Ok(fact) = Fact::read(stored, String::new()) else { continue };
        let is_personal = !(fact.concerns(&ann) && fact.concerns(&bob) && fact.concerns(&UserId::parse("x").unwrap()));
        assert_eq!(explain::PERSONAL_TYPES.contains(&type_name.as_str()), is_personal, "{type_name}");
        types.insert(type_name);
    }
    assert!(explain::PERSONAL_TYPES.iter().all(|known| types.contains(*known)), "{types:?}");
    assert!(types.len() > 15, "{types:?}");
}
