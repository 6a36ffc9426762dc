//! R37: what would become of a large licensee is found out without holding anybody up.

use std::{
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use contract::incoming::from_json;
use engine::{EngineError, Order, Preview, Reply, Ticket};
use serde_json::{Value, json};

use crate::{
    fixture::*,
    observed::{Look, Observed},
};

/// From so many members on a licensee is large.
const LARGE: u32 = 10_000;
const PATIENCE: Duration = Duration::from_secs(60);
/// How many may wait behind the one that is being answered.
const WAITING_MAX: usize = 4;

/// An engine whose thread for questions waits whenever it looks at last uses, until it is let go on.
struct HeldUp {
    fixture: Fixture,
    begun: Receiver<()>,
    go_on: Sender<()>,
}

fn held_up() -> HeldUp {
    let mut fixture = Fixture::manual();
    fixture.with_pro("acme", LARGE, &[]);
    fixture.with_pro("small", 1, &["u-1"]);
    let members = (0..LARGE).map(|number| member_added("acme", &format!("u-{number}")));
    let join = |join: Value| fixture.engine().message(from_json(join.to_string().as_bytes())).unwrap();
    let joined: Vec<_> = members.map(join).collect();
    joined.into_iter().for_each(|ticket| assert!(ticket.wait().unwrap().outcome.is_ok()));
    for member in ["u-1", "u-2", "u-3"] {
        fixture.call("acme", assign(member));
    }
    let ((begins, begun), (go_on, goes_on)) = (channel(), channel());
    let goes_on = Mutex::new(goes_on);
    let observer = move |thread: &str, look| {
        if thread == "usher-foresight" && look == Look::LastUses {
            let _ = begins.send(());
            let _ = goes_on.lock().unwrap().recv();
        }
        Ok(())
    };
    fixture.restart_over(|index| Arc::new(Observed::new(index, Box::new(observer))));
    HeldUp { fixture, begun, go_on }
}

fn fewer() -> Value {
    message("billing.v1.SeatQuantityChanged", json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 1}))
}

impl HeldUp {
    fn ask(&self) -> Ticket<Reply> {
        let order = Order::Message(Box::new(from_json(fewer().to_string().as_bytes())));
        self.fixture.engine().submit(Order::Preview(Box::new(order))).unwrap()
    }
}

fn shown(ticket: Ticket<Reply>) -> Preview {
    let Reply::Previewed(preview) = ticket.wait().unwrap() else { panic!("no preview") };
    *preview
}

#[test]
fn r37_nobody_waits_for_what_would_become_of_a_large_licensee() {
    let held_up = held_up();
    let fixture = &held_up.fixture;
    let before = fixture.names("acme").len();
    let asked = held_up.ask();
    held_up.begun.recv_timeout(PATIENCE).unwrap();
    // Also the licensee itself goes on; what was asked about is how it was.
    assert!(fixture.call("small", assign("u-1")).outcome.is_ok());
    assert!(fixture.call("acme", assign("u-4")).outcome.is_ok());
    held_up.go_on.send(()).unwrap();
    let preview = shown(asked);
    assert_eq!(preview.version, Some(before as u64));
    let events = preview.outcome.unwrap();
    let losers = events.iter().filter(|event| event.type_name == "SeatRemoved").count();
    assert_eq!(losers, 2, "of the three who had one");
    assert_eq!(fixture.holders("acme").len(), 4);
}

#[test]
fn whoever_asks_when_many_wait_is_told_to_come_back() {
    let held_up = held_up();
    let first = held_up.ask();
    held_up.begun.recv_timeout(PATIENCE).unwrap();
    let waiting: Vec<_> = (0..WAITING_MAX).map(|_| held_up.ask()).collect();
    assert!(matches!(held_up.ask().wait(), Err(EngineError::Busy)));
    for _ in 0..=WAITING_MAX {
        held_up.go_on.send(()).unwrap();
    }
    assert!(std::iter::once(first).chain(waiting).all(|ticket| shown(ticket).outcome.is_ok()));
}

#[test]
fn what_a_question_is_behind_is_seen_by_its_answer() {
    let held_up = held_up();
    let engine = held_up.fixture.engine();
    // Handed in together: who used it last is not indexed when the question is asked.
    let used = message("usage.v1.CodeSuggestionsUsed", json!({"user": "u-1", "used_at": DAY_ONE}));
    let used = engine.message(from_json(used.to_string().as_bytes())).unwrap();
    let asked = held_up.ask();
    held_up.go_on.send(()).unwrap();
    let events = shown(asked).outcome.unwrap();
    assert!(used.wait().unwrap().outcome.is_ok());
    let losers: Vec<&str> = events.iter().filter_map(|event| event.data["user"].as_str()).collect();
    assert_eq!(losers.len(), 2, "{events:#?}");
    assert!(!losers.contains(&"u-1"), "whoever used it keeps the seat: {losers:?}");
}
