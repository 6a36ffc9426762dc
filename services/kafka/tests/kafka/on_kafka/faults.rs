//! Brokers that are killed, stand still and come back.

use std::{sync::Arc, thread, time::Duration};

use journal::Held;
use kafka::{DataForm, Intake, Publisher, Relay, Settings, topics};
use servers::Kafka;

use super::{
    fixture::{history, history_of, settings_of, wait_for},
    sample::{SHARDS, Sample},
    sink::{self, Memory},
};

fn start_relay(settings: &Settings, sample: &Sample) -> Relay {
    Relay::start(settings.clone(), &sample.id, sample.journal.clone(), Held::of_all(SHARDS)).unwrap()
}

fn write_for(sample: &Sample, rounds: u64) {
    for _ in 0..rounds {
        (0..SHARDS).for_each(|shard| sample.write(shard, 3));
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_relay_outlives_a_broker_that_is_killed_and_one_that_stands_still() {
    let broker = Kafka::start().unwrap();
    let (settings, sample) = (settings_of(&broker.bootstrap()), Sample::new());
    topics::ensure(&settings, SHARDS).unwrap();
    let relay = start_relay(&settings, &sample);
    for round in 0..3 {
        write_for(&sample, 50);
        if round == 1 {
            broker.pause().unwrap();
            write_for(&sample, 50);
            broker.resume().unwrap();
        } else {
            broker.kill().unwrap();
            write_for(&sample, 50);
            broker.restart().unwrap();
        }
        write_for(&sample, 50);
    }
    let expected = sample.events();
    assert_eq!(history_of(&settings, expected.len()), expected);
    wait_for("all to be well", || relay.problems().is_empty().then_some(()));
    drop(relay);
    assert_eq!(history(&settings), sample.events());
}

#[test]
fn a_relay_begins_while_there_is_no_broker_and_ends_without_one() {
    let broker = Kafka::start().unwrap();
    let (settings, sample) = (settings_of(&broker.bootstrap()), Sample::new());
    topics::ensure(&settings, SHARDS).unwrap();
    broker.kill().unwrap();
    sample.write(0, 3);
    let relay = start_relay(&settings, &sample);
    thread::sleep(Duration::from_secs(3));
    broker.restart().unwrap();
    assert_eq!(history_of(&settings, 3), sample.events());
    broker.kill().unwrap();
    sample.write(0, 3);
    let began = std::time::Instant::now();
    drop(relay);
    assert!(began.elapsed() < Duration::from_secs(20), "ended after {:?}", began.elapsed());
}

#[test]
fn an_intake_outlives_a_broker_that_is_killed() {
    let broker = Kafka::start().unwrap();
    let settings = settings_of(&broker.bootstrap());
    topics::ensure(&settings, sink::SHARDS).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let memory = Memory::default();
    let intake = Intake::start(settings.clone(), runtime.handle().clone(), Arc::new(memory.clone())).unwrap();
    let mut sent = 0;
    for round in 0..4 {
        let mut publisher = Publisher::new(&settings, DataForm::Json).unwrap();
        for number in sent..sent + 1_000 {
            // Every tenth is refused.
            let field = if number % 10 == 0 { "uzer" } else { "user" };
            let line = format!(
                r#"{{"specversion":"1.0","source":"/product","id":"m-{number:06}",
                "type":"usher.usage.v1.CodeSuggestionsUsed","time":"2024-03-01T08:00:00Z",
                "data":{{"{field}":"u-{}","used_at":"2024-03-01T08:00:00Z"}}}}"#,
                number % 7
            );
            publisher.send(line.as_bytes()).unwrap();
        }
        publisher.finish().unwrap();
        sent += 1_000;
        if round < 3 {
            wait_for("some effects", || (memory.effect_count() > round * 900).then_some(()));
            broker.kill().unwrap();
            broker.restart().unwrap();
        }
    }
    wait_for("all effects", || (memory.effect_count() == 3_600).then_some(()));
    for ids in memory.effects().values() {
        assert!(ids.is_sorted(), "out of order: {ids:?}");
    }
    // Sent twice where the broker was killed before it was said to have one; but every one of them is there.
    let letters = wait_for("dead letters", || {
        let letters = kafka::dead_letters::list(&settings, kafka::dead_letters::Filter::default()).unwrap();
        let ids: std::collections::BTreeSet<_> = letters.map(|letter| letter.unwrap().event_id).collect();
        (ids.len() == 400).then_some(ids)
    });
    assert_eq!(letters.len(), 400);
    drop(intake);
}
