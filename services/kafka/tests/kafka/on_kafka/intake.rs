//! Topics to engine.

use std::{collections::BTreeMap, sync::Arc, thread, time::Duration};

use kafka::{DataForm, Intake, Publisher, Settings, topics};
use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
};
use tokio::runtime::Runtime;

use super::{
    fixture::{LONG, client, committed, settings, wait_for},
    sink::{Memory, SHARDS, Trouble},
};

const USERS: usize = 40;

fn prepared() -> (Settings, Runtime) {
    let settings = settings();
    topics::ensure(&settings, SHARDS).unwrap();
    (settings, tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap())
}

fn start(settings: &Settings, runtime: &Runtime, memory: &Memory) -> Intake {
    Intake::start(settings.clone(), runtime.handle().clone(), Arc::new(memory.clone())).unwrap()
}

/// The line of a use, the `number`th message of all.
fn line(number: usize) -> String {
    let user = number % USERS;
    format!(
        r#"{{"specversion":"1.0","source":"/product","id":"m-{number:06}","type":"usher.usage.v1.CodeSuggestionsUsed",
        "time":"2024-03-01T08:00:00Z","data":{{"user":"u-{user}","used_at":"2024-03-01T08:00:00Z"}}}}"#
    )
}

fn publish(settings: &Settings, numbers: std::ops::Range<usize>) {
    let mut publisher = Publisher::new(settings, DataForm::Protobuf).unwrap();
    let count = numbers.len() as u64;
    numbers.for_each(|number| publisher.send(line(number).as_bytes()).unwrap());
    let published = publisher.finish().unwrap();
    assert_eq!((published.sent, published.as_they_stood), (count, 0));
}

/// What each user's messages should have done, in the order in which they were sent.
fn expected(messages: usize) -> BTreeMap<String, Vec<String>> {
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for number in 0..messages {
        expected.entry(format!("u-{}", number % USERS)).or_default().push(format!("/product#m-{number:06}"));
    }
    expected
}

fn wait_for_effects(memory: &Memory, messages: usize) {
    wait_for("effects", || (memory.effect_count() >= messages).then_some(()));
    assert_eq!(memory.effects(), expected(messages));
}

fn committed_messages(settings: &Settings) -> i64 {
    let group = settings.prefixed("usher-intake");
    let topic = settings.prefixed("usher.usage.v1");
    committed(settings, &group, &topic, i32::from(SHARDS)).into_iter().map(|offset| offset.max(0)).sum()
}

fn wait_for_commit(settings: &Settings, messages: i64) {
    wait_for("offsets", || (committed_messages(settings) == messages).then_some(()));
}

#[test]
fn the_order_of_each_key_is_kept_and_offsets_follow() {
    let (settings, runtime) = prepared();
    let memory = Memory::default();
    publish(&settings, 0..3_000);
    let intake = start(&settings, &runtime, &memory);
    publish(&settings, 3_000..6_000);
    wait_for_effects(&memory, 6_000);
    wait_for_commit(&settings, 6_000);
    drop(intake);
    assert_eq!(memory.duplicates(), 0);
}

#[test]
fn what_has_to_come_again_comes_again_in_order() {
    let (settings, runtime) = prepared();
    let memory = Memory::default();
    let trouble =
        |place: usize| if place.is_multiple_of(5) { Trouble::LoseAnswers } else { Trouble::RetryAfter(place * 3) };
    memory.trouble((0..30).map(trouble));
    publish(&settings, 0..3_000);
    let intake = start(&settings, &runtime, &memory);
    wait_for_effects(&memory, 3_000);
    wait_for_commit(&settings, 3_000);
    drop(intake);
    assert!(memory.duplicates() > 0);
}

#[test]
fn whatever_messages_are_compressed_with_they_are_taken() {
    let (settings, runtime) = prepared();
    let memory = Memory::default();
    let intake = start(&settings, &runtime, &memory);
    let topic = settings.prefixed("usher.usage.v1");
    for (number, codec) in ["none", "gzip", "snappy", "lz4", "zstd"].into_iter().enumerate() {
        let producer: FutureProducer = client(&settings).set("compression.type", codec).create().unwrap();
        let headers = OwnedHeaders::new()
            .insert(Header { key: "content-type", value: Some("application/cloudevents+json; charset=utf-8") });
        // Long enough to be worth the while: what isn't is sent as it is.
        let line = line(number).replace("{\"user\"", &format!("{}{{\"user\"", " ".repeat(10_000)));
        let record = FutureRecord { partition: None, timestamp: None, ..FutureRecord::to(&topic) };
        let record = record.key("u").payload(&line).headers(headers);
        runtime.block_on(producer.send(record, LONG)).map_err(|(error, _)| error).unwrap();
    }
    wait_for_effects(&memory, 5);
    drop(intake);
}

#[test]
fn what_is_done_does_not_come_again_with_what_is_not() {
    let (settings, runtime) = prepared();
    let memory = Memory::default();
    memory.trouble([Trouble::RetryOddUsers; 4]);
    publish(&settings, 0..3_000);
    let intake = start(&settings, &runtime, &memory);
    wait_for_effects(&memory, 3_000);
    wait_for_commit(&settings, 3_000);
    drop(intake);
    assert!(memory.is_out_of_trouble());
    assert_eq!(memory.duplicates(), 0);
}

#[test]
fn an_offset_is_not_committed_before_its_message_is_done() {
    let (settings, runtime) = prepared();
    let memory = Memory::default();
    memory.trouble([Trouble::Hang; SHARDS as usize]);
    publish(&settings, 0..400);
    let intake = start(&settings, &runtime, &memory);
    wait_for("every shard to hang", || memory.is_out_of_trouble().then_some(()));
    // Twice as long as from one commit to the next.
    thread::sleep(Duration::from_secs(1));
    assert_eq!(committed_messages(&settings), 0);
    drop(intake);
    assert_eq!(committed_messages(&settings), 0);

    let intake = start(&settings, &runtime, &memory);
    wait_for_effects(&memory, 400);
    wait_for_commit(&settings, 400);
    drop(intake);
}

#[test]
fn an_offset_is_not_committed_while_its_message_comes_again_and_again() {
    let (settings, runtime) = prepared();
    let memory = Memory::default();
    memory.trouble([Trouble::RetryAfter(0); 10_000]);
    publish(&settings, 0..400);
    let intake = start(&settings, &runtime, &memory);
    wait_for("many attempts", || (memory.troubles_left() < 10_000 - 4 * usize::from(SHARDS)).then_some(()));
    // Twice as long as from one commit to the next.
    thread::sleep(Duration::from_secs(1));
    assert_eq!(committed_messages(&settings), 0);
    memory.end_troubles();
    wait_for_effects(&memory, 400);
    wait_for_commit(&settings, 400);
    drop(intake);
}

#[test]
fn r34_after_a_crash_messages_come_again_as_duplicates() {
    let (settings, runtime) = prepared();
    let memory = Memory::default();
    publish(&settings, 0..400);
    // All of them take effect, but before that is known the process is gone.
    memory.trouble([Trouble::Hang; SHARDS as usize]);
    memory.trouble([Trouble::LoseAnswers; SHARDS as usize]);
    let intake = start(&settings, &runtime, &memory);
    wait_for("every shard to hang", || memory.is_out_of_trouble().then_some(()));
    runtime.shutdown_background();
    drop(intake);
    assert_eq!(committed_messages(&settings), 0);
    assert!(memory.effect_count() > 0);

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let before = memory.duplicates();
    let effects = memory.effect_count();
    let intake = start(&settings, &runtime, &memory);
    wait_for_effects(&memory, 400);
    wait_for_commit(&settings, 400);
    drop(intake);
    assert_eq!(memory.duplicates() - before, effects);
}

#[test]
fn a_sink_that_panics_costs_a_new_beginning_and_no_message() {
    let (settings, runtime) = prepared();
    let memory = Memory::default();
    memory.trouble([Trouble::Panic]);
    // All that will ever come: so no later message shows that the way of one shard is gone.
    publish(&settings, 0..400);
    let intake = start(&settings, &runtime, &memory);
    wait_for_effects(&memory, 400);
    wait_for_commit(&settings, 400);
    drop(intake);
}

#[test]
fn intakes_share_the_partitions_and_keep_the_order_while_they_come_and_go() {
    let (settings, runtime) = prepared();
    let memory = Memory::default();
    let mut intakes = vec![start(&settings, &runtime, &memory)];
    for round in 0..6 {
        publish(&settings, round * 500..(round + 1) * 500);
        if round % 3 == 2 {
            intakes.remove(0);
        } else {
            intakes.push(start(&settings, &runtime, &memory));
        }
    }
    wait_for_effects(&memory, 3_000);
    // What an intake commits while it leaves may be put back by a commit of its own that is on the way again: that costs
    // duplicates after a restart, and is over with the next messages.
    publish(&settings, 3_000..3_500);
    wait_for_effects(&memory, 3_500);
    wait_for_commit(&settings, 3_500);
    drop(intakes);
}

#[test]
fn more_than_may_be_taken_at_once_waits_and_is_taken_later() {
    let (settings, runtime) = prepared();
    let memory = Memory::default();
    publish(&settings, 0..30_000);
    // For a while nothing is taken: so the partitions fill up, and pause.
    memory.trouble([Trouble::RetryAfter(0); 6 * SHARDS as usize]);
    let intake = start(&settings, &runtime, &memory);
    wait_for_effects(&memory, 30_000);
    wait_for_commit(&settings, 30_000);
    drop(intake);
}
