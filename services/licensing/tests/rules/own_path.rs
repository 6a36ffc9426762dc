//! What the persistence of `cqrs-es` 0.5.0 gets wrong, as far as it concerns the domain, is right on our own path: a
//! refused command leaves no change, and each event is applied once. R34 to R37 rest on both.

use std::{
    pin::pin,
    task::{Context as TaskContext, Poll, Waker},
};

use cqrs_es::{Aggregate, event_sink::EventSink};
use licensing::*;

use crate::{
    adapter::{Adapter, At, Happened},
    case::*,
};

/// Nothing in the adapter ever waits, so no runtime is needed.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the adapter waits for something"),
    }
}

fn handle(aggregate: &mut Adapter, case: &Case, command: Command) -> Option<Vec<Happened>> {
    let sink = EventSink::default();
    at_once(aggregate.handle(At(case.now, command), &case.world, &sink)).ok()?;
    Some(at_once(sink.collect()))
}

fn fold(history: &[Happened]) -> Licensee {
    let mut licensee = Licensee::default();
    history.iter().for_each(|Happened(at, event)| licensee.evolve(event, *at));
    licensee
}

/// One refused command of every kind that can be refused once the licensee is known.
fn refused_commands(case: &Case) -> Vec<Command> {
    vec![
        Command::StartSubscription(case.start(&[])),
        Command::RenewSubscription(RenewSubscription { seats: Some(1), ..case.renewal() }),
        Command::ChangeSubscriptionSeats { seats: 1 },
        cancel(Some(case.now + days(9_999))),
        purchase("duo_pro", 1_000),
        set_quantity("duo_enterprise", 1),
        trial("duo_pro", Some("a")),
        assign("stranger"),
        assign_many(&["b", "stranger"], AssignMode::AllOrNothing),
        remove_many(&["stranger"]),
        sync("17.5"),
    ]
}

#[test]
fn r35_a_refused_command_changes_nothing_and_says_why() {
    let mut case = Case::with_pro(5, &["a", "c"]);
    case.join_all(&["b"]);
    case.tell(trial("duo_enterprise", None));
    let before = case.licensee.clone();
    // The end of the trial is due, and not even that stays when the command is refused.
    let mut later = case.clone();
    assert_eq!(later.wait_named(days(61)).len(), 1);
    case.now = later.now;
    for command in refused_commands(&case) {
        let mut aggregate = Adapter(before.clone());
        assert_eq!(handle(&mut aggregate, &case, command.clone()), None, "{command:?} was not refused");
        assert_eq!(aggregate.0, before, "{command:?}");
        assert!(!later.decide(&command).unwrap_err().detail.is_empty(), "{command:?}");
    }
}

#[test]
fn r36_each_event_is_applied_once_and_the_state_is_the_fold_of_the_events() {
    let mut case = Case::with_pro(5, &["a", "b"]);
    let mut aggregate = Adapter(case.licensee.clone());
    for command in [purchase("duo_pro", 3), set_quantity("duo_pro", 1), trial("duo_enterprise", None)] {
        let version = aggregate.0.version();
        let happened = handle(&mut aggregate, &case, command).unwrap();
        assert_eq!(aggregate.0.version(), version + happened.len() as u64);
        case.history.extend(happened);
    }
    assert_eq!(aggregate.0, fold(&case.history));
    assert_eq!(aggregate.0.account().recorded().paid_add_ons(), [paid(pro(), 1)], "8 would be 11 if applied twice");
}

#[test]
fn r36_a_snapshot_and_the_events_behind_it_are_the_whole_history() {
    let mut case = Case::with_pro(5, &["a", "b", "c"]);
    case.tell(trial("duo_enterprise", None));
    case.wait(days(70));
    case.tell(set_quantity("duo_pro", 1));
    case.wait(days(400));
    for taken_at in 0..=case.history.len() {
        let (before, behind) = case.history.split_at(taken_at);
        let mut licensee = fold(before);
        behind.iter().for_each(|Happened(at, event)| licensee.evolve(event, *at));
        assert_eq!(licensee, case.licensee);
    }
}

#[test]
fn r37_deciding_writes_nothing_and_what_it_shows_then_happens() {
    let names: Vec<String> = (0..50).map(|number| format!("u{number}")).collect();
    let holders: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut case = Case::with_pro(50, &holders);
    let renewal = RenewSubscription { add_ons: Some(orders(&[("duo_pro", 30)])), ..case.renewal() };
    let command = Command::RenewSubscription(renewal);
    let before = case.licensee.clone();
    let preview = case.decide(&command).unwrap();
    assert_eq!(case.licensee, before);
    let losers = preview.events.iter().filter(|event| event.name() == "SeatRemoved").count();
    assert_eq!(losers, 20);
    assert_eq!(case.tell(command), preview);
}
