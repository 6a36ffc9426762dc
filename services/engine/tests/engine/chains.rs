//! Messages of one home that go in together: none overtakes another, whatever fails.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use contract::incoming::{Incoming, from_json};
use engine::{Done, Engine, EngineError};
use journal::JournalError;
use serde_json::{Value, json};

use crate::{
    fixture::*,
    observed::{Look, Observed},
};

/// More than go in at one go.
const MANY: usize = 200;

fn in_order(engine: &Engine, messages: &[Value]) -> Vec<Result<Done, EngineError>> {
    let read = |message: &Value| -> Incoming { from_json(message.to_string().as_bytes()) };
    let messages = messages.iter().map(read).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(engine.messages_in_order(messages))
}

fn joined(count: usize) -> Vec<Value> {
    (0..count).map(|number| member_added("acme", &format!("u-{number}"))).collect()
}

#[test]
fn each_is_decided_behind_the_one_before_it() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 1, &[]);
    let seat = |id: String, type_name: &str, user: usize| {
        let data = json!({"licensee": "acme", "product": "duo", "users": [format!("u-{user}")]});
        message_as(&id, DAY_ONE, type_name, data)
    };
    let mut messages = joined(MANY);
    // With the one seat that there is, every other order of these has other outcomes.
    for number in 0..MANY {
        messages.push(seat(format!("{number}-a"), "seats.v1.AssignSeats", number));
        messages.push(seat(format!("{number}-b"), "seats.v1.AssignSeats", (number + 1) % MANY));
        messages.push(seat(format!("{number}-c"), "seats.v1.RemoveSeats", number));
    }
    let outcomes = in_order(&fixture.engine(), &messages);
    assert_eq!(outcomes.len(), messages.len());
    let codes: Vec<Option<&str>> = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().unwrap().outcome.as_ref().err().map(|refusal| refusal.code.as_str()))
        .collect();
    assert!(codes[..MANY].iter().all(Option::is_none));
    assert!(codes[MANY..].chunks(3).all(|three| three == [None, Some("not_enough_seats"), None]), "{codes:?}");
    let again = in_order(&fixture.engine(), &messages);
    assert!(again.iter().all(|outcome| outcome.as_ref().unwrap().duplicate));
}

#[test]
fn a_change_of_status_among_them_keeps_its_place() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 1, &["u-1"]);
    let status = |name: &str| message(&format!("directory.v1.{name}"), json!({"user": "u-1"}));
    let used = || message("usage.v1.CodeSuggestionsUsed", json!({"user": "u-1", "used_at": DAY_ONE}));
    let messages =
        [used(), status("UserBlocked"), used(), used(), status("UserReactivated"), status("UserBanned"), used()];
    let outcomes = in_order(&fixture.engine(), &messages);
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().unwrap().outcome.is_ok()));
    let types: Vec<String> = fixture.stream("user/u-1").iter().map(short_name).collect();
    assert_eq!(types, ["UserBlocked", "UserReactivated", "UserBanned"]);
}

#[test]
fn behind_one_that_is_not_committed_none_is() {
    let fixture = Fixture::with_pages_max(120);
    let mut acknowledged = 0;
    let messages = joined(20_000);
    let error = messages.chunks(MANY).find_map(|some| {
        let outcomes = in_order(&fixture.engine(), some);
        acknowledged += outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        outcomes.into_iter().find_map(Result::err)
    });
    let Some(EngineError::Store(source)) = &error else { panic!("the disk was never full: {error:?}") };
    assert!(matches!(**source, JournalError::Full { .. }), "{source:?}");
    let state = fixture.replay("acme");
    assert_eq!(state.account().members() as usize, acknowledged);
    let is_member = |number: usize| state.roster().member(&user(&format!("u-{number}"))).is_some();
    assert!((0..acknowledged).all(is_member), "the first ones, without a gap");
}

#[test]
fn behind_one_that_cannot_be_decided_none_is() {
    let mut fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-0"]);
    let before = fixture.records().len();
    let is_turned_away = AtomicBool::new(false);
    let observer = move |thread: &str, look| {
        let is_it = thread == "usher-writer" && look == Look::Snapshot("licensee/acme".to_owned());
        match is_it && !is_turned_away.swap(true, Ordering::SeqCst) {
            true => Err(JournalError::IndexStopped),
            false => Ok(()),
        }
    };
    fixture.restart_over(|index| Arc::new(Observed::new(index, Box::new(observer))));
    let messages: Vec<Value> = ["u-1", "u-2", "u-3"].map(|member| member_added("acme", member)).to_vec();
    let outcomes = in_order(&fixture.engine(), &messages);
    assert!(matches!(outcomes.as_slice(), [Err(EngineError::Store(_))]), "{outcomes:?}");
    assert_eq!(fixture.records().len(), before);
    // Only the first look failed: now all of them go through.
    let outcomes = in_order(&fixture.engine(), &messages);
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().is_ok_and(|done| !done.duplicate)), "{outcomes:?}");
}
