//! Large licensees are read before a command needs them.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use crate::{
    fixture::*,
    observed::{Look, Observed},
};

/// From so many members on a licensee is read ahead.
const LARGE: u32 = 10_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// An engine that was started anew on a store with `acme`, and who began to read that.
fn started_anew(largest: &[&str]) -> (Fixture, Receiver<String>) {
    let mut fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1"]);
    let (readers, observer) = channel();
    let largest = largest.iter().map(|stream| ((*stream).to_owned(), u64::MAX)).collect();
    let tell = move |thread: &str, look| {
        if look == Look::Snapshot("licensee/acme".to_owned()) {
            let _ = readers.send(thread.to_owned());
        }
        Ok(())
    };
    fixture.restart_over(|index| Arc::new(Observed { largest, ..Observed::new(index, Box::new(tell)) }));
    (fixture, observer)
}

fn readers(observer: &Receiver<String>) -> Vec<String> {
    observer.try_iter().collect()
}

#[test]
fn whoever_gives_a_command_does_not_wait_for_what_was_read_ahead() {
    let (fixture, observer) = started_anew(&[]);
    fixture.engine().read_ahead(&licensee("acme"), LARGE);
    // From here on it is under way: the writer waits for it rather than read it a second time.
    assert_eq!(observer.recv_timeout(PATIENCE).unwrap(), "usher-preparing");
    assert!(fixture.call("acme", assign("u-1")).outcome.is_ok());
    assert_eq!(readers(&observer), [""; 0]);
    assert_eq!(fixture.holders("acme"), ["u-1"]);
}

#[test]
fn the_largest_licensees_are_read_before_anybody_looks_at_them() {
    let (fixture, observer) = started_anew(&["user/u-1", "licensee/nobody", "licensee/acme"]);
    assert_eq!(observer.recv_timeout(PATIENCE).unwrap(), "usher-preparing");
    assert!(fixture.call("acme", assign("u-1")).outcome.is_ok());
    assert_eq!(readers(&observer), [""; 0]);
}

#[test]
fn a_small_licensee_is_read_when_it_is_needed() {
    let (fixture, observer) = started_anew(&[]);
    fixture.engine().read_ahead(&licensee("acme"), LARGE - 1);
    assert!(fixture.call("acme", assign("u-1")).outcome.is_ok());
    assert_eq!(readers(&observer), ["usher-writer"]);
}
