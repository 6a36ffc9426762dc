//! Apache Kafka.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    process::Command,
    time::Duration,
};

use servers::{Kafka, KafkaOptions, Listener};

/// The number of `ApiVersions` in Kafka's protocol, which every client asks first.
const API_VERSIONS: i16 = 18;
const CORRELATION: i32 = 4_711;

/// Asks a broker for what it can do, and gives how many kinds of request that are.
fn kinds_of_request(address: &str) -> io::Result<i32> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = Vec::new();
    request.extend(API_VERSIONS.to_be_bytes());
    request.extend(0_i16.to_be_bytes());
    request.extend(CORRELATION.to_be_bytes());
    request.extend((-1_i16).to_be_bytes());
    stream.write_all(&i32::try_from(request.len()).unwrap().to_be_bytes())?;
    stream.write_all(&request)?;
    let mut head = [0; 14];
    stream.read_exact(&mut head)?;
    assert_eq!(head[4..8], CORRELATION.to_be_bytes());
    assert_eq!(head[8..10], [0, 0], "error code");
    Ok(i32::from_be_bytes(head[10..14].try_into().unwrap()))
}

#[test]
fn a_broker_answers_after_kill_stop_restart_and_pause() {
    let broker = Kafka::start().unwrap();
    assert!(kinds_of_request(&broker.bootstrap()).unwrap() > 20);
    for end in [Kafka::kill, Kafka::stop] {
        end(&broker).unwrap();
        assert!(TcpStream::connect(broker.bootstrap()).is_err());
        let address = broker.bootstrap();
        broker.restart().unwrap();
        assert_eq!(broker.bootstrap(), address);
        assert!(kinds_of_request(&address).unwrap() > 20);
    }
    broker.pause().unwrap();
    let error = kinds_of_request(&broker.bootstrap()).unwrap_err();
    assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error}");
    broker.resume().unwrap();
    assert!(kinds_of_request(&broker.bootstrap()).unwrap() > 20);
}

#[test]
fn a_secured_broker_lets_in_by_every_door_whoever_has_the_key() {
    let broker = Kafka::start_with(&KafkaOptions { secured: true, ..KafkaOptions::default() }).unwrap();
    let ca = broker.ca().unwrap().to_str().unwrap();
    let (certificate, key) = broker.client_certificate().unwrap();
    let ssl = broker.address(Listener::Ssl).unwrap();
    let shaken = |more: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &ssl, "-CAfile", ca, "-verify_return_error", "-verify_ip", "127.0.0.1"]);
        let output = command.args(more).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let certificate = ["-cert", certificate.to_str().unwrap(), "-key", key.to_str().unwrap()];
    for more in [&[][..], &certificate] {
        let said = shaken(more);
        assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
    }
    assert!(kinds_of_request(&broker.address(Listener::SaslPlaintext).unwrap()).unwrap() > 20);
    assert!(kinds_of_request(&broker.address(Listener::Plaintext).unwrap()).unwrap() > 20);
    assert!(broker.address(Listener::SaslSsl).is_some());
}

#[test]
fn a_setting_that_kafka_does_not_take_is_told() {
    let settings = vec![("num.network.threads".to_owned(), "many".to_owned())];
    let error = Kafka::start_with(&KafkaOptions { settings, ..KafkaOptions::default() }).unwrap_err();
    assert!(error.to_string().contains("many for configuration num.network.threads"), "{error}");
}
