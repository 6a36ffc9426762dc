//! R9, R24: no race sells a seat twice.

use std::{sync::Barrier, thread};

use crate::fixture::*;

#[test]
fn r23_thirty_two_callers_race_for_five_seats_and_five_get_one() {
    let fixture = Fixture::manual();
    let members: Vec<String> = (0..32).map(|number| format!("u-{number}")).collect();
    fixture.with_pro("acme", 5, &members.iter().map(String::as_str).collect::<Vec<_>>());
    let barrier = Barrier::new(members.len());
    let refusals: Vec<Option<&str>> = thread::scope(|scope| {
        let callers: Vec<_> = members
            .iter()
            .map(|member| {
                let (engine, barrier) = (fixture.engine(), &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let done = engine.try_call(call("acme", None, assign(member))).unwrap().wait().unwrap();
                    done.outcome.err().map(|refusal| refusal.code.as_str())
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert_eq!(refusals.iter().filter(|refusal| refusal.is_none()).count(), 5);
    assert_eq!(refusals.iter().filter(|refusal| **refusal == Some("no_seats_available")).count(), 27);
    assert_eq!(fixture.holders("acme").len(), 5);
}
