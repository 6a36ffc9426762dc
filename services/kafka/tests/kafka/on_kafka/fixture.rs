//! The broker that the tests share, and how they talk to it without usher.

use std::{
    thread,
    time::{Duration, Instant},
};

use contract::proto::journal::Event;
use journal::Position;
use kafka::{Security, Settings, read_history};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    producer::FutureProducer,
};
use uuid::Uuid;

/// Long enough for any machine; nothing waits for as long as this unless it is broken.
pub const LONG: Duration = Duration::from_secs(120);

pub fn bootstrap() -> String {
    servers::Kafka::shared().unwrap().bootstrap()
}

/// A part of the shared broker that no other test uses.
pub fn settings() -> Settings {
    settings_of(&bootstrap())
}

/// A part of a broker that no other test uses.
pub fn settings_of(bootstrap: &str) -> Settings {
    Settings::new(bootstrap, Security::default())
        .unwrap()
        .with_prefix(&format!("t{}.", Uuid::now_v7().simple()))
        .unwrap()
}

/// A client of somebody else's.
pub fn client(settings: &Settings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", settings.bootstrap());
    config
}

pub fn producer(settings: &Settings) -> FutureProducer {
    client(settings).set("message.max.bytes", "16777216").create().unwrap()
}

/// Asks again and again until there is an answer.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LONG;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// All events that a reader of committed records sees.
pub fn history(settings: &Settings) -> Vec<(Position, Event)> {
    read_history(settings).unwrap().map(Result::unwrap).collect()
}

/// Waits until that many events are seen, and gives all that are.
pub fn history_of(settings: &Settings, events: usize) -> Vec<(Position, Event)> {
    wait_for("events on the topic", || Some(history(settings)).filter(|seen| seen.len() >= events))
}

/// The offsets that a group has committed in a topic, one a partition; -1 for none.
pub fn committed(settings: &Settings, group: &str, topic: &str, partitions: i32) -> Vec<i64> {
    let consumer: BaseConsumer = client(settings).set("group.id", group).create().unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_range(topic, 0, partitions - 1);
    let committed = consumer.committed_offsets(list, LONG).unwrap();
    committed
        .elements()
        .iter()
        .map(|element| match element.offset() {
            Offset::Offset(offset) => offset,
            _ => -1,
        })
        .collect()
}
