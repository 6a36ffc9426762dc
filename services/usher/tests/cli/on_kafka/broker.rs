//! Brokers that want to know who we are, and some that do not answer.

use servers::{Kafka, KafkaOptions, Listener};

use crate::{
    program::{Place, Ran},
    serve::Server,
};

#[test]
fn a_login_is_taken_from_the_environment_and_never_shown() {
    let broker = Kafka::start_with(&KafkaOptions { secured: true, ..KafkaOptions::default() }).unwrap();
    let place = Place::new();
    let ca = broker.ca().unwrap().to_str().unwrap().to_owned();
    let address = broker.address(Listener::SaslSsl).unwrap();
    let run = |password: &str, arguments: &str| {
        let mut command = place.command(arguments.split_whitespace());
        command.env("USHER_KAFKA", &address).env("USHER_KAFKA_PROTOCOL", "sasl_ssl").env("USHER_KAFKA_CA", &ca);
        command.env("USHER_KAFKA_MECHANISM", "SCRAM-SHA-256");
        command.env("USHER_KAFKA_USERNAME", "usher").env("USHER_KAFKA_PASSWORD", password);
        command
    };
    let serve = "serve --listen 127.0.0.1:0 --data-dir data --shards 2";
    let refused = Ran::of(run("hunter2", serve).output().unwrap()).failed(1, "refused the login");
    assert!(!refused.stderr.contains("hunter2"), "{refused:#?}");
    let server = Server::start_command(&mut run("secret", serve));
    let ran = server.stop().done();
    assert!(!ran.stderr.contains("secret"), "{ran:#?}");
    let listed = Ran::of(run("secret", "dead-letters list --format json").output().unwrap()).done();
    assert_eq!(listed.stdout, "[]\n");
    Ran::of(run("", "dead-letters list").output().unwrap()).failed(2, "USHER_KAFKA_PASSWORD");
}

#[test]
fn callers_are_served_without_a_broker() {
    let place = Place::new();
    // Nobody listens there: a port of the system's that needs rights.
    let serve = "serve --listen 127.0.0.1:0 --data-dir data --kafka 127.0.0.1:1";
    let server = Server::start(&place, serve);
    assert_eq!(server.send("GET", "/readyz", "").0, 200);
    let ran = server.stop().done();
    assert!(ran.stderr.contains("cannot reach kafka at 127.0.0.1:1"), "{ran:#?}");
    place.run("dead-letters list --kafka 127.0.0.1:1").failed(1, "cannot reach kafka");
    place.write("none.jsonl", "");
    place.run("publish none.jsonl --kafka 127.0.0.1:1").failed(1, "cannot reach kafka");
    place.run("dead-letters list").failed(2, "--kafka");
    place.run("serve --kafka localhost").failed(2, "host:port");
}
