//! What is refused, and sent again.

use std::{io::Write, process::Command, process::Stdio, sync::Arc};

use kafka::{
    DataForm, Intake, Publisher, Settings,
    dead_letters::{DeadLetter, Filter, Outcome, list, retry},
    topics,
};
use licensing::{Code, Refusal};
use rdkafka::{
    ClientConfig, Message,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
    message::{Header, Headers, OwnedHeaders, OwnedMessage},
    producer::FutureRecord,
};
use tokio::runtime::Runtime;

use super::{
    fixture::{LONG, client, producer, settings, wait_for},
    sink::{Memory, SHARDS},
};

const USAGE: &str = "usher.usage.v1";
const TYPE: &str = "usher.usage.v1.CodeSuggestionsUsed";
const DATA: &str = r#"{"user":"u-1","used_at":"2024-03-01T08:00:00Z"}"#;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn start(settings: &Settings, runtime: &Runtime, memory: &Memory) -> Intake {
    Intake::start(settings.clone(), runtime.handle().clone(), Arc::new(memory.clone())).unwrap()
}

/// Makes a topic of a single partition.
async fn create(settings: &Settings, name: &str, message_bytes_max: &str) {
    let name = settings.prefixed(name);
    let topic = NewTopic::new(&name, 1, TopicReplication::Fixed(1)).set("max.message.bytes", message_bytes_max);
    let admin: AdminClient<DefaultClientContext> = client(settings).create().unwrap();
    for result in admin.create_topics([&topic], &AdminOptions::new()).await.unwrap() {
        result.unwrap();
    }
}

/// Dead letters of Kafka's default size.
async fn small_dead_letters(settings: &Settings) {
    create(settings, topics::DEAD_LETTERS, "1048588").await;
}

/// What can't be compressed: the broker looks at what is left.
fn incompressible(bytes: usize) -> Vec<u8> {
    (0..bytes / 16).flat_map(|_| *uuid::Uuid::now_v7().as_bytes()).collect()
}

/// A topic that takes large messages, all in one partition; and the others.
async fn prepare(settings: &Settings) {
    create(settings, USAGE, "8388608").await;
    let settings = settings.clone();
    tokio::task::spawn_blocking(move || topics::ensure(&settings, SHARDS)).await.unwrap().unwrap();
}

fn headers(id: &str, type_name: &str, content_type: &str) -> OwnedHeaders {
    [
        ("ce_specversion", "1.0"),
        ("ce_source", "/product"),
        ("ce_id", id),
        ("ce_type", type_name),
        ("ce_time", "2024-03-01T08:00:00Z"),
        ("content-type", content_type),
        ("traceparent", "00-abc"),
    ]
    .into_iter()
    .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(value) }))
}

async fn send(settings: &Settings, key: Option<&str>, body: Option<&[u8]>, headers: Option<OwnedHeaders>) {
    let topic = settings.prefixed(USAGE);
    let record = FutureRecord { topic: &topic, partition: None, payload: body, key, timestamp: None, headers };
    producer(settings).send(record, LONG).await.map_err(|(error, _)| error).unwrap();
}

/// A message with a header whose name is no text: only somebody without rdkafka sends such.
fn send_with_unreadable_header(settings: &Settings) {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let mut kcat = Command::new("kcat")
        .args(["-P", "-b", settings.bootstrap(), "-t", &settings.prefixed(USAGE), "-H"])
        .arg(OsStr::from_bytes(b"\xff\xfe=1"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("kcat has to be installed for this test");
    kcat.stdin.take().unwrap().write_all(b"unreadable header").unwrap();
    assert!(kcat.wait().unwrap().success());
}

/// All records of the dead letters as they are.
fn raw_letters(settings: &Settings, count: usize) -> Vec<OwnedMessage> {
    let mut config: ClientConfig = client(settings);
    config.set("group.id", "raw").set("auto.offset.reset", "earliest").set("group.id", settings.prefixed("raw"));
    let consumer: BaseConsumer = config.create().unwrap();
    consumer.subscribe(&[&settings.prefixed(topics::DEAD_LETTERS)]).unwrap();
    let mut letters = Vec::new();
    wait_for("dead letters", || {
        letters.extend(consumer.poll(LONG / 100).map(|message| message.unwrap().detach()));
        (letters.len() >= count).then_some(())
    });
    letters
}

fn header<'a>(message: &'a OwnedMessage, name: &str) -> Option<&'a str> {
    let found = message.headers()?.iter().find(|header| header.key == name)?;
    str::from_utf8(found.value?).ok()
}

fn letters(settings: &Settings) -> Vec<DeadLetter> {
    let mut letters: Vec<_> = list(settings, Filter::default()).unwrap().map(Result::unwrap).collect();
    letters.sort_by_key(|letter| (letter.partition, letter.offset));
    letters
}

#[test]
fn r35_whatever_is_wrong_with_a_message_it_becomes_a_dead_letter_and_stops_nothing() {
    let (runtime, settings, memory) = (runtime(), settings(), Memory::default());
    let large = vec![b'x'; 5 * 1024 * 1024];
    runtime.block_on(async {
        prepare(&settings).await;
        let json = "application/json";
        let send = |key, body, headers| send(&settings, key, body, headers);
        // A tombstone, with and without anything else.
        send(Some("u-1"), None, None).await;
        send(Some("u-1"), None, Some(headers("m-1", TYPE, json))).await;
        // No CloudEvent, no text, no JSON, no protobuf.
        send(None, Some(b"hello"), None).await;
        send(Some("u-1"), Some(b"\xff\xfe"), Some(headers("m-4", TYPE, json))).await;
        send(Some("u-1"), Some(b"\xff\xfe"), Some(headers("m-5", TYPE, "application/protobuf"))).await;
        send(Some("u-1"), Some(DATA.as_bytes()), Some(headers("m-6", TYPE, "text/plain"))).await;
        // A type that nobody knows, of another schema version, of another topic.
        send(Some("u-1"), Some(b"{}"), Some(headers("m-7", "usher.usage.v1.Unheard", json))).await;
        send(Some("u-1"), Some(DATA.as_bytes()), Some(headers("m-8", "usher.usage.v2.CodeSuggestionsUsed", json)))
            .await;
        let block = br#"{"user":"u-1"}"#;
        send(Some("u-1"), Some(block), Some(headers("m-9", "usher.directory.v1.UserBlocked", json))).await;
        send(Some("u-1"), Some(&large), Some(headers("m-10", TYPE, json))).await;
    });
    send_with_unreadable_header(&settings);
    runtime.block_on(send(
        &settings,
        Some("u-1"),
        Some(DATA.as_bytes()),
        Some(headers("good", TYPE, "application/json")),
    ));

    let intake = start(&settings, &runtime, &memory);
    wait_for("the good message", || (memory.effect_count() == 1).then_some(()));
    drop(intake);

    let letters = letters(&settings);
    let codes: Vec<&str> = letters.iter().map(|letter| letter.code.as_str()).collect();
    let (malformed, unknown) = (Code::MalformedEvent.as_str(), Code::UnknownEventType.as_str());
    let expected = [[malformed; 6].as_slice(), &[unknown; 3], &[malformed; 2]].concat();
    assert_eq!(codes, expected, "{letters:#?}");
    assert!(letters.iter().all(|letter| letter.topic == USAGE && !letter.is_body_omitted && letter.time.is_some()));
    let offsets: Vec<i64> = letters.iter().map(|letter| letter.offset.unwrap()).collect();
    assert_eq!(offsets, (0..11).collect::<Vec<i64>>());
    assert!(letters[9].reason.contains("5242880 bytes"), "{}", letters[9].reason);

    // As they came, to the byte.
    let raw = raw_letters(&settings, 11);
    let misplaced = raw.iter().find(|message| header(message, "ce_id") == Some("m-9")).unwrap();
    assert_eq!((misplaced.key(), misplaced.payload()), (Some(&b"u-1"[..]), Some(&br#"{"user":"u-1"}"#[..])));
    assert_eq!(header(misplaced, "traceparent"), Some("00-abc"));
    assert_eq!(header(misplaced, "usher_code"), Some("unknown_event_type"));
    assert_eq!(raw.iter().filter(|message| message.payload() == Some(&large)).count(), 1);
    assert_eq!(raw.iter().filter(|message| message.payload().is_none()).count(), 2);
    assert_eq!(raw.iter().filter(|message| message.payload() == Some(&b"unreadable header"[..])).count(), 1);
}

#[test]
fn a_letter_that_its_topic_does_not_take_is_sent_without_its_body() {
    let (runtime, settings, memory) = (runtime(), settings(), Memory::default());
    let large = incompressible(3 * 1024 * 1024);
    runtime.block_on(async {
        small_dead_letters(&settings).await;
        prepare(&settings).await;
        send(&settings, Some("u-1"), Some(&large), Some(headers("m-1", TYPE, "application/json"))).await;
        send(&settings, Some("u-1"), Some(DATA.as_bytes()), Some(headers("good", TYPE, "application/json"))).await;
    });
    let intake = start(&settings, &runtime, &memory);
    wait_for("the good message", || (memory.effect_count() == 1).then_some(()));
    wait_for("the letter", || (letters(&settings).len() == 1).then_some(()));
    drop(intake);
    let [letter] = letters(&settings).try_into().unwrap();
    assert!(letter.is_body_omitted);
    assert_eq!((letter.body_bytes, letter.offset), (0, Some(0)));
    let outcomes: Vec<_> =
        retry(&settings, Filter::default()).unwrap().map(|retried| retried.unwrap().outcome).collect();
    assert_eq!(outcomes, [Outcome::BodyOmitted]);
}

#[test]
fn a_message_with_large_headers_stops_nothing_either() {
    let (runtime, settings, memory) = (runtime(), settings(), Memory::default());
    let large = incompressible(3 * 1024 * 1024);
    runtime.block_on(async {
        small_dead_letters(&settings).await;
        prepare(&settings).await;
        let headers = headers("m-1", TYPE, "application/json").insert(Header { key: "large", value: Some(&large) });
        send(&settings, Some("u-1"), Some(b"{}"), Some(headers)).await;
        send(&settings, Some("u-1"), Some(DATA.as_bytes()), Some(self::headers("good", TYPE, "application/json")))
            .await;
    });
    let intake = start(&settings, &runtime, &memory);
    wait_for("the good message", || (memory.effect_count() == 1).then_some(()));
    wait_for("the letter", || (letters(&settings).len() == 1).then_some(()));
    drop(intake);
    let [letter] = letters(&settings).try_into().unwrap();
    assert!(letter.is_body_omitted);
    assert_eq!((letter.offset, letter.key, letter.event_id), (Some(0), None, None));
    assert_eq!(letter.code, Code::MalformedEvent.as_str());
}

/// Refuses everything until it is told otherwise.
#[derive(Clone, Default)]
struct Strict {
    memory: Memory,
    is_lenient: Arc<std::sync::atomic::AtomicBool>,
}

impl kafka::Sink for Strict {
    fn shard_of(&self, incoming: &contract::incoming::Incoming) -> u16 {
        self.memory.shard_of(incoming)
    }

    fn submit(&self, shard: u16, mut messages: Vec<contract::incoming::Incoming>) -> kafka::Submitted {
        if !self.is_lenient.load(std::sync::atomic::Ordering::SeqCst) {
            let refusal = Refusal::new(Code::UnknownLicensee, "there is no such licensee yet");
            messages.iter_mut().for_each(|message| message.request = Err(refusal.clone()));
        }
        self.memory.submit(shard, messages)
    }
}

#[test]
fn r34_a_letter_is_sent_again_under_a_new_id_and_says_so() {
    let (runtime, settings, sink) = (runtime(), settings(), Strict::default());
    topics::ensure(&settings, SHARDS).unwrap();
    let mut publisher = Publisher::new(&settings, DataForm::Json).unwrap();
    for number in 0..300 {
        let line = format!(
            r#"{{"specversion":"1.0","source":"/product","id":"m-{number}","type":"{TYPE}",
            "time":"2024-03-01T08:00:00Z","data":{{"user":"u-{}","used_at":"2024-03-01T08:00:00Z"}}}}"#,
            number % 5
        );
        publisher.send(line.as_bytes()).unwrap();
    }
    publisher.finish().unwrap();
    let intake = Intake::start(settings.clone(), runtime.handle().clone(), Arc::new(sink.clone())).unwrap();
    wait_for("letters", || (letters(&settings).len() == 300).then_some(()));
    assert_eq!(sink.memory.effect_count(), 0);

    // The same id stays refused, so only a new one helps.
    sink.is_lenient.store(true, std::sync::atomic::Ordering::SeqCst);
    let chosen = Filter { key: Some("u-3".into()), ..Filter::default() };
    let retried: Vec<_> = retry(&settings, chosen.clone()).unwrap().map(Result::unwrap).collect();
    assert_eq!(retried.len(), 60);
    for retried in &retried {
        let id = retried.letter.event_id.as_ref().unwrap();
        assert_eq!(retried.outcome, Outcome::SentAs(format!("{id}~retry-1")));
    }
    wait_for("effects", || (sink.memory.effect_count() == 60).then_some(()));
    let effects = sink.memory.effects();
    let expected: Vec<String> =
        (0..300).filter(|number| number % 5 == 3).map(|number| format!("/product#m-{number}~retry-1")).collect();
    assert_eq!(effects.get("u-3"), Some(&expected));

    // It is listed, and not sent a third time unless it is named.
    let listed: Vec<_> = list(&settings, chosen.clone()).unwrap().map(Result::unwrap).collect();
    assert!(listed.iter().all(|letter| letter.retried_as.is_some()));
    let open = Filter { retried: Some(false), ..Filter::default() };
    assert_eq!(list(&settings, open).unwrap().count(), 240);
    let again: Vec<_> = retry(&settings, chosen).unwrap().map(|retried| retried.unwrap().outcome).collect();
    assert_eq!(again, vec![Outcome::WasSentBefore; 60]);
    let named = Filter { ids: vec![listed[0].id], ..Filter::default() };
    let [once_more] = retry(&settings, named).unwrap().map(Result::unwrap).collect::<Vec<_>>().try_into().unwrap();
    let id = listed[0].event_id.as_ref().unwrap();
    assert_eq!(once_more.outcome, Outcome::SentAs(format!("{id}~retry-2")));
    drop(intake);
}
