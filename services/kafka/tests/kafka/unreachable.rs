//! Where there is no broker.

use kafka::{KafkaError, Security, Settings, topics};

#[test]
fn brokers_that_do_not_answer_are_named() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = Settings::new(&closed.to_string(), Security::default()).unwrap();
    let error = topics::ensure(&settings, 3).unwrap_err();
    assert!(matches!(error, KafkaError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains(&closed.to_string()), "{error}");
}
