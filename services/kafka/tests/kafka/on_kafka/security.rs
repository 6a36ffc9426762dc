//! Logins, certificates and rights.

use std::{path::Path, sync::OnceLock};

use journal::Held;
use kafka::{
    DataForm, KafkaError, Mechanism, Protocol, Publisher, Relay, Secret, Security, SecurityOptions, Settings,
    read_history, topics,
};
use servers::{Kafka, KafkaOptions, Listener};

use super::{
    fixture::{settings_of, wait_for},
    sample::{SHARDS, Sample},
};

fn broker() -> &'static Kafka {
    static BROKER: OnceLock<Kafka> = OnceLock::new();
    BROKER.get_or_init(|| Kafka::start_with(&KafkaOptions { secured: true, ..KafkaOptions::default() }).unwrap())
}

fn options(protocol: Protocol, mechanism: Option<Mechanism>, username: &str, password: &str) -> SecurityOptions {
    let has_tls = matches!(protocol, Protocol::Ssl | Protocol::SaslSsl);
    let has_login = matches!(protocol, Protocol::SaslPlaintext | Protocol::SaslSsl);
    SecurityOptions {
        protocol,
        mechanism,
        username: has_login.then(|| username.to_owned()),
        password: has_login.then(|| Secret::new(password)),
        ca: has_tls.then(|| broker().ca().map(Path::to_owned)).flatten(),
        ..SecurityOptions::default()
    }
}

fn settings(listener: Listener, options: SecurityOptions) -> Settings {
    let prefix = settings_of("localhost:1").prefixed("");
    let security = Security::new(options).unwrap();
    Settings::new(&broker().address(listener).unwrap(), security).unwrap().with_prefix(&prefix).unwrap()
}

#[test]
fn every_way_in_is_taken() {
    let login = |protocol, mechanism| options(protocol, Some(mechanism), "usher", "secret");
    let (certificate, key) = broker().client_certificate().unwrap();
    let by_certificate = SecurityOptions {
        certificate: Some(certificate.to_owned()),
        key: Some(key.to_owned()),
        ..options(Protocol::Ssl, None, "", "")
    };
    for (listener, options) in [
        (Listener::SaslPlaintext, login(Protocol::SaslPlaintext, Mechanism::Plain)),
        (Listener::SaslPlaintext, login(Protocol::SaslPlaintext, Mechanism::ScramSha256)),
        (Listener::SaslSsl, login(Protocol::SaslSsl, Mechanism::ScramSha512)),
        (Listener::SaslSsl, login(Protocol::SaslSsl, Mechanism::Plain)),
        (Listener::Ssl, by_certificate),
    ] {
        let settings = settings(listener, options);
        topics::ensure(&settings, 2).unwrap();
        let mut publisher = Publisher::new(&settings, DataForm::Json).unwrap();
        publisher.send(b"hello").unwrap();
        assert_eq!(publisher.finish().unwrap().sent, 1);
    }
}

#[test]
fn a_wrong_password_is_said_to_be_one_and_not_shown() {
    for mechanism in [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha512] {
        let wrong = options(Protocol::SaslPlaintext, Some(mechanism), "usher", "hunter2");
        let error = topics::ensure(&settings(Listener::SaslPlaintext, wrong), 2).unwrap_err();
        assert!(matches!(error, KafkaError::Login { .. }), "{mechanism:?}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[test]
fn a_broker_that_cannot_prove_who_it_is_gets_no_password() {
    let system = SecurityOptions { ca: None, ..options(Protocol::SaslSsl, None, "usher", "secret") };
    let error = topics::ensure(&settings(Listener::SaslSsl, system), 2).unwrap_err();
    assert!(matches!(error, KafkaError::Tls { .. }), "{error:?}");
}

#[test]
fn a_missing_right_is_named_with_the_command_that_gives_it() {
    let mine = settings(Listener::SaslPlaintext, options(Protocol::SaslPlaintext, None, "usher", "secret"));
    topics::ensure(&mine, 2).unwrap();
    let guest = options(Protocol::SaslPlaintext, None, "guest", "secret");
    let guest = Settings::new(mine.bootstrap(), Security::new(guest).unwrap()).unwrap();
    let guest = guest.with_prefix(&mine.prefixed("")).unwrap();
    let topic = guest.prefixed(topics::LICENSING);

    let error = topics::ensure(&guest, 2).unwrap_err();
    assert!(matches!(error, KafkaError::Forbidden { operation: "Describe", .. }), "{error:?}");
    assert!(error.to_string().contains(&format!("--allow-principal User:guest --operation Describe --topic {topic}")));

    let error = read_history(&guest).err().unwrap();
    assert!(matches!(error, KafkaError::Forbidden { .. }), "{error:?}");

    let sample = Sample::new();
    let relay = Relay::start(guest.clone(), &sample.id, sample.journal.clone(), Held::of_all(SHARDS)).unwrap();
    let problem = wait_for("a problem", || relay.problems().get(&0).cloned());
    assert!(problem.contains("--operation Write --transactional-id"), "{problem}");
    drop(relay);

    let mut publisher = Publisher::new(&guest, DataForm::Json).unwrap();
    let error = publisher.send(b"hello").and_then(|()| publisher.finish().map(drop)).unwrap_err();
    assert!(matches!(error, KafkaError::Forbidden { operation: "Write", .. }), "{error:?}");
}
