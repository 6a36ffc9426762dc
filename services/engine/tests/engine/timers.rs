//! R2, R18, R20, R27: what time alone does.

use contract::{
    event::encode_licensee_event,
    proto::journal::{Commit, Event as Record, NextTimer, Record as Wrapped, record::Kind},
};
use engine::ClockMode;
use journal::{Batch, Head, NewCommit, chain, shard_of};
use licensing::{AddOnId, AssignmentCause, Event, RemovalReason, Role, UserStatus, UserType};
use serde_json::json;

use crate::fixture::*;

#[test]
fn r02_r20_everything_due_on_the_way_fires_in_order_at_its_due_time() {
    let fixture = Fixture::manual();
    for id in ["acme", "globex"] {
        fixture.with_pro(id, 2, &["u-1"]);
        fixture.call(id, assign("u-1"));
    }
    fixture.advance("2027-01-01T00:00:00Z");
    for id in ["acme", "globex"] {
        let history = fixture.history(id);
        let since_expiry: Vec<_> = history.iter().skip(3).map(|(name, at)| (name.as_str(), *at)).collect();
        let (expiry, grace_end) = (at("2026-01-01T00:00:00Z"), at("2026-01-29T00:00:00Z"));
        let expected = [
            ("SubscriptionExpired", expiry),
            ("SeatsRetained", expiry),
            ("GracePeriodEnded", grace_end),
            ("SeatRemoved", grace_end),
            ("GracePeriodEnded", grace_end),
        ];
        assert_eq!(since_expiry, expected, "{id}");
    }
    assert_eq!(fixture.engine().now(), at("2027-01-01T00:00:00Z"));
}

#[test]
fn timers_of_many_licensees_fire_in_order_of_their_due_time() {
    let fixture = Fixture::manual();
    for (id, ends_at) in [("c", "2025-03-01T00:00:00Z"), ("a", "2025-05-01T00:00:00Z"), ("b", "2025-04-01T00:00:00Z")] {
        let mut start = started(id, 10, None);
        start["id"] = json!(id);
        start["data"]["ends_at"] = json!(ends_at);
        fixture.accept(&start);
    }
    fixture.advance("2025-06-15T00:00:00Z");
    let mut fired: Vec<_> = ["a", "b", "c"].iter().flat_map(|id| fixture.stream(&format!("licensee/{id}"))).collect();
    fired.retain(|event| event.actor == "usher:timer");
    // Event ids grow with the order in which they were made.
    fired.sort_by(|one, other| one.id.cmp(&other.id));
    let times: Vec<_> = fired.iter().map(effective_at).collect();
    assert_eq!(times.len(), 6);
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn a_timer_fires_by_itself_when_the_machines_time_gets_there() {
    let fixture = Fixture::new(ClockMode::System);
    let now = fixture.engine().now();
    let mut start = started("acme", 10, Some(2));
    start["data"]["ends_at"] = json!((now + chrono::TimeDelta::milliseconds(1_500)).to_rfc3339());
    fixture.accept(&start);
    let watch = fixture.journal().watch();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !fixture.names("acme").contains(&"SubscriptionExpired".to_owned()) {
        assert!(std::time::Instant::now() < deadline, "the timer was missed");
        watch.wait_beyond(watch.generation(), std::time::Duration::from_millis(200));
    }
}

#[test]
fn r18_what_an_instance_does_not_fetch_takes_effect_after_24_hours_also_after_a_restart() {
    let mut fixture = Fixture::manual();
    let mut start = started("acme", 10, Some(2));
    start["data"]["offering"] = json!("self_managed");
    fixture.accept(&start);
    fixture.restart();
    fixture.advance("2025-01-01T23:59:59Z");
    assert_eq!(fixture.names("acme"), ["SubscriptionStarted"]);
    fixture.restart();
    fixture.advance("2025-01-02T00:00:00Z");
    assert_eq!(fixture.names("acme"), ["SubscriptionStarted", "InstanceSynchronized"]);
}

/// A bot with a seat, as a defect of an earlier program could have left it.
#[test]
fn r27_the_sweep_finds_what_should_not_be_and_removes_it() {
    let mut fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1"]);
    fixture.call("acme", assign("u-1"));
    write_a_defect(&fixture);
    fixture.restart();
    fixture.advance("2025-01-01T11:59:59Z");
    assert_eq!(fixture.holders("acme"), ["robot", "u-1"]);
    fixture.advance("2025-01-01T12:00:00Z");
    assert_eq!(fixture.holders("acme"), ["u-1"]);
    let swept = fixture.stream("licensee/acme").pop().unwrap();
    assert!(matches!(event(&swept), Event::SeatRemoved { reason: RemovalReason::Swept, .. }));
    assert_eq!((swept.actor.as_str(), effective_at(&swept)), ("usher:sweep", at("2025-01-01T12:00:00Z")));
}

fn write_a_defect(fixture: &Fixture) {
    let acme = licensee("acme");
    let journal = fixture.journal();
    let events = [
        Event::MemberAdded {
            user: user("robot"),
            role: Role::Developer,
            user_type: UserType::Bot,
            status: UserStatus::Active,
        },
        Event::SeatAssigned {
            user: user("robot"),
            product: duo(),
            add_on: AddOnId::new("duo_pro"),
            cause: AssignmentCause::Requested,
        },
    ];
    let mut last = fixture.stream("licensee/acme").pop().unwrap();
    let mut records = Vec::new();
    for event in &events {
        let encoded = encode_licensee_event(&acme, event);
        let previous: chain::Hash = last.hash.as_slice().try_into().unwrap();
        let next = Record {
            version: last.version + 1,
            r#type: encoded.type_name.into(),
            data: encoded.data,
            hash: Vec::new(),
            ..last
        };
        last = Record { hash: chain::hash(&previous, &next).to_vec(), ..next };
        records.push(Wrapped { kind: Some(Kind::Event(last.clone())) });
    }
    let shard = shard_of("acme", journal.shard_count());
    let head: Head = journal.heads().unwrap()[usize::from(shard)];
    let due_at_us = Some(at("2026-01-01T00:00:00Z").timestamp_micros());
    let commit = Commit { records, timers: vec![NextTimer { licensee: "acme".into(), due_at_us }] };
    let commits = vec![NewCommit::following(head, &commit, at(DAY_ONE))];
    journal.append(&Batch { commits, ..Batch::default() }).unwrap();
}
