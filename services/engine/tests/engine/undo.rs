//! Undoing commands (ADR 16): what the engine finds of them, keeps, and says.

use std::collections::BTreeSet;

use contract::proto::journal::Event as Record;
use engine::{Answer, Done, Order, Preview, Reply};
use licensing::{Code, Command, VersionRange};
use serde_json::json;

use crate::fixture::*;

impl Fixture {
    fn undoing(&self, id: &str, command_id: &str) -> Command {
        let events = self.engine().find_command(&licensee(id), command_id).unwrap();
        Command::UndoCommand { command_id: command_id.to_owned(), events }
    }

    fn undo(&self, id: &str, command_id: &str) -> Done {
        self.call(id, self.undoing(id, command_id))
    }

    fn preview_undo(&self, id: &str, command_id: &str) -> Preview {
        let order = Order::Call(Box::new(call(id, None, self.undoing(id, command_id))));
        let reply = self.engine().submit(Order::Preview(Box::new(order))).unwrap().wait().unwrap();
        let Reply::Previewed(preview) = reply else { panic!("no preview") };
        *preview
    }

    fn last_record(&self, id: &str) -> Record {
        self.stream(&format!("licensee/{id}")).pop().unwrap()
    }
}

/// Restored and removed.
fn undone(done: &Done) -> (Vec<String>, Vec<String>) {
    let Ok(Answer::Undone { restored, removed, failed }) = &done.outcome else { panic!("{done:?}") };
    assert_eq!(failed, &[], "{done:?}");
    let names = |users: &[licensing::UserId]| users.iter().map(ToString::to_string).collect();
    (names(restored), names(removed))
}

fn quantity(seats: u32) -> serde_json::Value {
    message("billing.v1.SeatQuantityChanged", json!({"licensee": "acme", "add_on": "duo_pro", "quantity": seats}))
}

#[test]
fn undo_of_a_surplus_restores_the_same_holders_and_names_what_it_undoes() {
    let mut fixture = Fixture::manual();
    let members = ["u-1", "u-2", "u-3", "u-4"];
    fixture.with_pro("acme", 4, &members);
    members.iter().for_each(|member| drop(fixture.call("acme", assign(member))));
    fixture.accept(&quantity(1));
    let surplus = fixture.last_record("acme").command_id;
    fixture.accept(&quantity(5));
    fixture.restart();

    let preview = fixture.preview_undo("acme", &surplus);
    assert_eq!(preview.outcome.unwrap().len(), 3);
    let done = fixture.undo("acme", &surplus);
    assert_eq!(Ok(preview.answer.unwrap()), done.outcome);
    assert_eq!(undone(&done), (vec!["u-2".to_owned(), "u-3".to_owned(), "u-4".to_owned()], vec![]));
    assert_eq!(fixture.holders("acme"), members);
    let record = fixture.last_record("acme");
    assert_eq!((record.causation_id, record.actor.as_str()), (surplus, "tester"));
    assert_eq!(record.command_id, record.correlation_id);

    let again = fixture.undo("acme", &record.command_id);
    assert_eq!(undone(&again).1.len(), 3, "an undoing can be undone");
    assert_eq!(fixture.holders("acme"), ["u-1"]);
}

#[test]
fn undo_of_what_a_timer_did_goes_by_the_timers_id() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 2, &["u-1"]);
    fixture.call("acme", assign("u-1"));
    fixture.accept(&quantity(0));
    fixture.advance("2025-03-01T00:00:00Z");
    let removed = fixture.last_record("acme").command_id;
    assert!(removed.starts_with("timer:acme:seats_removed:"), "{removed}");
    let bought = json!({"licensee": "acme", "add_on": "duo_pro", "quantity": 1, "channel": "sales"});
    fixture.accept(&message("billing.v1.SeatsPurchased", bought));
    undone(&fixture.undo("acme", &removed));
    assert_eq!(fixture.holders("acme"), ["u-1"]);
}

#[test]
fn undo_finds_a_command_in_its_licensee_alone_and_all_of_its_events() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 3, &["u-1", "u-2"]);
    fixture.with_pro("globex", 3, &["u-1"]);
    fixture.call("acme", assign("u-1"));
    fixture.call("globex", assign("u-1"));
    let block = message("directory.v1.UserBlocked", json!({"user": "u-1"}));
    fixture.accept(&block);
    let command_id = fixture.last_record("acme").command_id;
    let find = |id: &str, command_id: &str| fixture.engine().find_command(&licensee(id), command_id).unwrap();
    let last = fixture.replay("acme").version();
    assert_eq!(find("acme", &command_id), Some(VersionRange { first: last - 1, last }));
    assert!(find("globex", &command_id).is_some(), "a status reaches all under one id");
    assert_eq!((find("acme", "nobody's"), find("initech", &command_id)), (None, None));
    assert_eq!(fixture.undo("acme", "nobody's").outcome.unwrap_err().code, Code::UnknownCommand);
    assert_eq!(fixture.undo("initech", &command_id).outcome.unwrap_err().code, Code::UnknownLicensee);
    let started = fixture.stream("licensee/acme").remove(0).command_id;
    assert_eq!(fixture.undo("acme", &started).outcome.unwrap_err().code, Code::NothingToUndo);
}

#[test]
fn undo_finds_an_old_command_behind_thousands_of_events() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 3, &["u-1"]);
    let given = Command::AssignSeat { product: duo(), user: user("u-1") };
    fixture.call_as("old", "content", "acme", given);
    let mut tickets = Vec::new();
    for number in 0..21_000_u32 {
        let joins = member_added("acme", &format!("m-{number}"));
        tickets.push(fixture.engine().message(contract::incoming::from_json(joins.to_string().as_bytes())).unwrap());
    }
    tickets.into_iter().for_each(|ticket| drop(ticket.wait().unwrap()));
    let found = fixture.engine().find_command(&licensee("acme"), "key:old").unwrap().unwrap();
    assert_eq!(found.first, found.last);
    assert_eq!(undone(&fixture.undo("acme", "key:old")).1, ["u-1"]);
}

#[test]
fn r34_undo_under_a_key_is_done_once() {
    let fixture = Fixture::manual();
    fixture.with_pro("acme", 3, &["u-1"]);
    fixture.call_as("given", "content", "acme", assign("u-1"));
    let undo = || fixture.call_as("undo", "content", "acme", fixture.undoing("acme", "key:given"));
    let first = undo();
    assert_eq!(undone(&first).1, ["u-1"]);
    fixture.call("acme", assign("u-1"));
    let second = undo();
    assert!(second.duplicate);
    assert_eq!(second.outcome, first.outcome);
    assert_eq!(fixture.holders("acme"), ["u-1"]);
    let ids: BTreeSet<String> = fixture.stream("licensee/acme").into_iter().map(|record| record.command_id).collect();
    assert!(ids.contains("key:undo"));
}
