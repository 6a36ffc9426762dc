//! A store that fails.

use engine::EngineError;
use journal::JournalError;

use crate::fixture::*;

#[test]
fn a_full_disk_is_told_and_nothing_is_half_done() {
    let fixture = Fixture::with_pages_max(120);
    let known = member_added("acme", "u-0");
    let mut acknowledged = Vec::new();
    let error = loop {
        let member = format!("u-{}", acknowledged.len());
        let incoming = contract::incoming::from_json(member_added("acme", &member).to_string().as_bytes());
        match fixture.engine().message(incoming).unwrap().wait() {
            Ok(done) => acknowledged.push((member, done)),
            Err(error) => break error,
        }
        assert!(acknowledged.len() < 100_000, "the disk was never full");
    };
    let EngineError::Store(source) = &error else { panic!("{error:?}") };
    assert!(matches!(**source, JournalError::Full { .. }), "{source:?}");
    // Reading goes on, and what was acknowledged is there, once each.
    let state = fixture.replay("acme");
    assert_eq!(state.account().members() as usize, acknowledged.len());
    // What is sent before the engine has started over is told the same; after that it takes commands again.
    let send = || fixture.engine().message(contract::incoming::from_json(known.to_string().as_bytes())).unwrap().wait();
    let again = (0..100).find_map(|_| send().ok()).expect("the engine took up again from the store");
    assert!(again.duplicate);
}

#[test]
fn whoever_comes_after_the_stop_is_told() {
    let fixture = Fixture::manual();
    let engine = fixture.engine();
    drop(fixture);
    let incoming = contract::incoming::from_json(member_added("acme", "u-1").to_string().as_bytes());
    assert!(matches!(engine.message(incoming), Err(EngineError::Stopped)));
}
