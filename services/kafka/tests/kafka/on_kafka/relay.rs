//! Journal to topic.

use std::{
    collections::BTreeMap,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use contract::proto::journal::Event;
use journal::{Epoch, Held, Position, chain};
use kafka::{Relay, Settings, topics};
use rdkafka::{
    Message,
    consumer::{BaseConsumer, Consumer},
    message::Headers,
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::{
    fixture::{LONG, client, history, history_of, settings, wait_for},
    sample::{SHARDS, Sample},
};

/// All shards.
fn all() -> Held {
    Held::of_all(SHARDS)
}

fn held(shards: &[u16]) -> Held {
    let held = Held::default();
    shards.iter().for_each(|shard| held.take(*shard, Epoch(1)));
    held
}

fn start(settings: &Settings, sample: &Sample, tasks: &Held) -> Relay {
    Relay::start(settings.clone(), &sample.id, sample.journal.clone(), tasks.clone()).unwrap()
}

/// A part of the broker with topics.
fn prepared() -> Settings {
    let settings = settings();
    topics::ensure(&settings, SHARDS).unwrap();
    settings
}

fn assert_relayed(settings: &Settings, sample: &Sample) {
    let expected = sample.events();
    assert_eq!(history_of(settings, expected.len()), expected);
}

#[test]
fn every_committed_event_is_seen_once_in_order_and_exactly_as_the_journal_has_it() {
    let (settings, sample) = (prepared(), Sample::new());
    for round in 0..30 {
        sample.write(round % SHARDS, usize::from(round) % 4);
    }
    let relay = start(&settings, &sample, &all());
    for round in 0..30 {
        sample.write(round % SHARDS, usize::from(round) % 4);
    }
    assert_relayed(&settings, &sample);
    assert_eq!(relay.problems(), BTreeMap::new());
    drop(relay);
    assert_eq!(history(&settings), sample.events());
    assert_chains_hold(&history(&settings));
}

/// What an auditor does who has nothing but the topic.
fn assert_chains_hold(history: &[(Position, Event)]) {
    let mut chains: BTreeMap<&str, chain::Hash> = BTreeMap::new();
    for (_, event) in history {
        let previous = chains.entry(&event.stream).or_insert(chain::START);
        *previous = chain::verify(previous, event).unwrap();
    }
    assert!(chains.len() > 3);
}

#[test]
fn a_relay_goes_on_behind_what_the_last_one_committed() {
    let (settings, sample) = (prepared(), Sample::new());
    for _ in 0..5 {
        let relay = start(&settings, &sample, &all());
        (0..SHARDS).for_each(|shard| sample.write(shard, 3));
        assert_relayed(&settings, &sample);
        drop(relay);
        // Without events: there is nothing on the topic that tells of these.
        (0..SHARDS).for_each(|shard| sample.write(shard, 0));
    }
    assert_eq!(history(&settings), sample.events());
}

#[test]
fn a_large_commit_is_one_transaction() {
    let (settings, sample) = (prepared(), Sample::new());
    sample.write(0, 25_000);
    let relay = start(&settings, &sample, &all());
    let mut seen = 0;
    while seen == 0 {
        seen = history(&settings).len();
    }
    assert_eq!(seen, 25_000);
    drop(relay);
    assert_eq!(history(&settings), sample.events());
}

/// A producer as the relay of a shard has it, in the middle of a transaction.
fn in_a_transaction(settings: &Settings, sample: &Sample, shard: u16) -> BaseProducer {
    let store: String = sample.id.iter().map(|byte| format!("{byte:02x}")).collect();
    let id = format!("{}-{shard}", settings.prefixed(&format!("usher-relay-{store}")));
    let producer: BaseProducer = client(settings).set("transactional.id", id).create().unwrap();
    producer.init_transactions(LONG).unwrap();
    producer.begin_transaction().unwrap();
    let topic = settings.prefixed(topics::LICENSING);
    for _ in 0..100 {
        let record = BaseRecord::to(&topic).partition(i32::from(shard)).key("acme").payload("never seen");
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(LONG).unwrap();
    producer
}

#[test]
fn what_a_killed_relay_left_open_is_never_seen_and_it_can_write_no_more() {
    let (settings, sample) = (prepared(), Sample::new());
    (0..SHARDS).for_each(|shard| sample.write(shard, 3));
    drop(start(&settings, &sample, &all()));
    let killed = in_a_transaction(&settings, &sample, 0);
    (0..SHARDS).for_each(|shard| sample.write(shard, 3));

    let relay = start(&settings, &sample, &all());
    assert_relayed(&settings, &sample);
    assert!(killed.commit_transaction(LONG).is_err());
    drop(relay);

    // Again, now with aborted records at the very end of the partition.
    let relay = start(&settings, &sample, &all());
    (0..SHARDS).for_each(|shard| sample.write(shard, 3));
    assert_relayed(&settings, &sample);
    drop(relay);
    assert_eq!(history(&settings), sample.events());
}

#[test]
fn a_transaction_under_way_is_fenced_and_done_again() {
    let (settings, sample) = (prepared(), Sample::new());
    let relay = start(&settings, &sample, &all());
    sample.write(0, 3);
    assert_relayed(&settings, &sample);
    // Somebody takes the shard over without the lease, and stops in the middle.
    let other = in_a_transaction(&settings, &sample, 0);
    sample.write(0, 3);
    assert_relayed(&settings, &sample);
    assert!(other.commit_transaction(LONG).is_err());
    drop(relay);
    assert_eq!(history(&settings), sample.events());
}

#[test]
fn a_shard_is_handed_over_while_events_come() {
    let (settings, sample) = (prepared(), Sample::new());
    let tasks = [held(&[0]), held(&[1])];
    let relays = tasks.each_ref().map(|tasks| start(&settings, &sample, tasks));
    for epoch in 2..8 {
        (0..SHARDS).for_each(|shard| sample.write(shard, 2));
        // Each gives its shard to the other; now and then the new one is faster than the old.
        let [from, to] = if epoch % 2 == 0 { [&tasks[0], &tasks[1]] } else { [&tasks[1], &tasks[0]] };
        if epoch % 3 == 0 {
            to.take(0, Epoch(epoch));
            sample.write(0, 2);
            from.let_go(0);
        } else {
            from.let_go(0);
            to.take(0, Epoch(epoch));
        }
        (0..SHARDS).for_each(|shard| sample.write(shard, 2));
        assert_relayed(&settings, &sample);
    }
    drop(relays);
    assert_eq!(history(&settings), sample.events());
}

#[test]
fn two_relays_of_one_shard_still_write_each_event_once() {
    let (settings, sample) = (prepared(), Sample::new());
    let relays = [start(&settings, &sample, &all()), start(&settings, &sample, &all())];
    for _ in 0..100 {
        (0..SHARDS).for_each(|shard| sample.write(shard, 1));
        thread::sleep(Duration::from_millis(10));
    }
    assert_relayed(&settings, &sample);
    drop(relays);
    assert_eq!(history(&settings), sample.events());
}

#[test]
fn a_shard_that_waits_for_another_attempt_is_let_go_and_taken_again_at_once() {
    let (settings, sample, tasks) = (prepared(), Sample::new(), all());
    let relay = start(&settings, &sample, &tasks);
    sample.write(0, 3);
    assert_relayed(&settings, &sample);
    let other = in_a_transaction(&settings, &sample, 0);
    sample.write(0, 3);
    let problem = problem_of(&relay, 0);
    assert!(problem.contains("another relay took the shard over"), "{problem}");
    let began = Instant::now();
    tasks.let_go(0);
    wait_for("the end of the shard", || relay.problems().is_empty().then_some(()));
    tasks.take(0, Epoch(2));
    assert_relayed(&settings, &sample);
    // Otherwise it would wait for five seconds.
    assert!(began.elapsed() < Duration::from_secs(4), "went on after {:?}", began.elapsed());
    drop((relay, other));
}

fn problem_of(relay: &Relay, shard: u16) -> String {
    wait_for("a problem", || relay.problems().get(&shard).cloned())
}

#[test]
fn a_topic_with_the_events_of_another_store_is_left_alone() {
    let (settings, sample) = (prepared(), Sample::new());
    sample.write(0, 3);
    let relay = start(&settings, &sample, &all());
    assert_relayed(&settings, &sample);
    drop(relay);

    let other = Sample::new();
    other.write(0, 3);
    let relay = start(&settings, &other, &all());
    let problem = problem_of(&relay, 0);
    assert!(problem.contains("holds events of /usher/"), "{problem}");
    drop(relay);
    assert_eq!(history(&settings), sample.events());
}

#[test]
fn a_store_that_was_put_back_to_an_older_state_is_noticed() {
    let (settings, sample) = (prepared(), Sample::new());
    sample.write(0, 3);
    sample.write(0, 3);
    let relay = start(&settings, &sample, &all());
    assert_relayed(&settings, &sample);
    drop(relay);

    for commits in [1, 2] {
        let restored = Sample::with_id(sample.id);
        (0..commits).for_each(|_| restored.write(0, 3));
        let relay = start(&settings, &restored, &all());
        let problem = problem_of(&relay, 0);
        assert!(problem.contains("put back to an older state"), "{problem}");
    }
    assert_eq!(history(&settings), sample.events());
}

#[test]
fn a_foreign_transaction_is_waited_for_since_what_is_behind_it_cannot_be_seen() {
    let (settings, sample) = (prepared(), Sample::new());
    let topic = settings.prefixed(topics::LICENSING);
    let foreign: BaseProducer =
        client(&settings).set("transactional.id", settings.prefixed("foreign")).create().unwrap();
    foreign.init_transactions(LONG).unwrap();
    foreign.begin_transaction().unwrap();
    foreign.send(BaseRecord::to(&topic).partition(0).key("k").payload("p")).map_err(|(error, _)| error).unwrap();
    foreign.flush(LONG).unwrap();
    sample.write(0, 3);
    let relay = start(&settings, &sample, &all());
    let problem = problem_of(&relay, 0);
    assert!(problem.contains("a transaction that is not ours"), "{problem}");
    foreign.abort_transaction(LONG).unwrap();
    assert_relayed(&settings, &sample);
}

#[test]
fn kcat_sees_the_attributes_in_headers() {
    let (settings, sample) = (prepared(), Sample::new());
    sample.write(1, 1);
    let relay = start(&settings, &sample, &all());
    assert_relayed(&settings, &sample);
    drop(relay);
    let [(_, event)] = sample.events().try_into().unwrap();
    let topic = settings.prefixed(topics::LICENSING);
    let format = "%p|%k|%S|%h\n";
    let output = Command::new("kcat")
        .args(["-C", "-b", settings.bootstrap(), "-t", &topic, "-e", "-q", "-f", format])
        .output()
        .expect("kcat has to be installed for this test");
    let shown = String::from_utf8(output.stdout).unwrap();
    let (_, id) = event.stream.split_once('/').unwrap();
    assert!(shown.starts_with(&format!("1|{id}|{}|ce_specversion=1.0,", event.data.len())), "{shown}");
    for header in [
        format!("ce_id={}", uuid::Uuid::from_slice(&event.id).unwrap()),
        "ce_type=usher.licensing.v1.SeatAssigned".to_owned(),
        "ce_time=2024-03-01T08:00:00.000002Z".to_owned(),
        format!("ce_subject={}", event.stream),
        "ce_sequence=00000000000000000001".to_owned(),
        "ce_position=1-2".to_owned(),
        "ce_causationid=Grüße".to_owned(),
        "content-type=application/protobuf".to_owned(),
    ] {
        assert!(shown.contains(&header), "{header} is missing in {shown}");
    }
}

#[test]
fn another_reader_sees_each_event_as_it_comes() {
    let (settings, sample) = (prepared(), Sample::new());
    let consumer: BaseConsumer = client(&settings)
        .set("group.id", settings.prefixed("reader"))
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&[&settings.prefixed(topics::LICENSING)]).unwrap();
    let relay = start(&settings, &sample, &all());
    let mut seen = Vec::new();
    let deadline = Instant::now() + LONG;
    for round in 0..20 {
        sample.write(round % SHARDS, 1);
        while seen.len() <= usize::from(round) {
            assert!(Instant::now() < deadline, "waited in vain for event {round}");
            let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
            let message = message.unwrap();
            let position = message.headers().unwrap().iter().find(|header| header.key == "ce_position").unwrap();
            seen.push(String::from_utf8(position.value.unwrap().to_vec()).unwrap());
        }
    }
    drop(relay);
    let mut expected: Vec<String> =
        sample.events().iter().map(|(at, _)| format!("{}-{}", at.shard, at.position)).collect();
    expected.sort();
    seen.sort();
    assert_eq!(seen, expected);
}
