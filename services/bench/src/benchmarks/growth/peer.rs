//! The peer, which reads all events of an aggregate for each command.

use std::time::Duration;

use super::{COST, plot, points};
use crate::{
    benchmarks::commands::peer::{Job, Peer},
    contest::{self, Contender},
    error::BenchError,
    ground::{Ground, crowd::Crowd},
    measure::{P50, Reading},
    report::{Curve, Section},
};

/// How many seats are held; more take it minutes to get to.
const SEATS: [u64; 4] = [10, 100, 1_000, 2_000];
const SEATS_QUICK: usize = 2;

/// The peer with so many seats held, from nothing each time.
struct Held<'a> {
    peer: &'a std::cell::RefCell<Peer>,
    seats: u64,
}

impl Contender for Held<'_> {
    fn name(&self) -> String {
        name(self.seats)
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        let job = Job::Growth { seats: self.seats, seconds: time.as_secs_f64() };
        let answer = self.peer.borrow_mut().ask(job)?;
        Ok(vec![COST.reading(answer.seconds * 1e6 / answer.commands as f64), P50.reading(answer.p50_ms)])
    }
}

fn name(seats: u64) -> String {
    format!("cqrs-es, {seats} seats")
}

/// Measures it.
///
/// # Errors
/// [`BenchError`] if it doesn't come to an end.
pub fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let peer = std::cell::RefCell::new(Peer::start(ground, Crowd { licensees: 1, members: 1 })?);
    let sizes = ground.effort.sizes(&SEATS, SEATS_QUICK);
    let mut contenders: Vec<Box<dyn Contender + '_>> =
        sizes.iter().map(|seats| Box::new(Held { peer: &peer, seats: *seats }) as Box<dyn Contender>).collect();
    let time = ground.effort.round_time() / 2;
    let results = contest::run("growth, the peer", ground.effort, time, &mut contenders)?;
    section.add("seats held, one command at a time", &results);
    let named: Vec<_> = sizes.iter().map(|seats| (*seats as f64, name(*seats))).collect();
    let curves = vec![Curve { name: "cqrs-es".to_owned(), points: points(&results, &named)? }];
    section.plots.push(plot("growth-peer", "Cost of a command of cqrs-es by seats held", "seats held", curves));
    Ok(())
}
