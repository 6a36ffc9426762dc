//! What a command costs when there is much of something already. It should cost the same.

mod nodes;
mod others;
mod peer;

use std::{path::Path, sync::Arc, time::Duration};

use engine::{Call, Engine};
use journal::StreamIndex;

use super::Benchmark;
use crate::{
    contest::{self, Contender, Results},
    error::BenchError,
    ground::{
        Ground,
        crowd::Turn,
        inner::{self, Inner},
        large::{self, SPARE},
        load::closed_loop,
        store::{LEVEL_WAIT, Store},
    },
    measure::{Measure, Reading, Series, Unit},
    report::{Curve, Plot, Section, Wanted},
};

/// The row `growth`.
pub const BENCHMARK: Benchmark = Benchmark {
    name: "growth",
    about: "cost of a command with 10 to 1,000,000 seats held, and with much of other things; memory a seat",
    run,
};

/// What a command costs, where many are under way.
pub const COST: Measure = Measure { name: "cost of a command", unit: Unit::Microseconds };
const MEMORY: Measure = Measure { name: "memory a seat", unit: Unit::Bytes };
const IN_FLIGHT: u64 = 256;

fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    seats(ground, section)?;
    memory(ground, section)?;
    peer::run(ground, section)?;
    others::run(ground, section)
}

/// Seats of one licensee, given and taken, one command for each.
pub struct Churn {
    name: String,
    engine: Engine,
    index: Arc<dyn StreamIndex>,
    licensee: u64,
    first_member: u64,
    members: u64,
    next: u64,
}

impl Churn {
    /// Of so many members of a licensee, who have no seat now.
    pub fn new(name: String, store: &Store, licensee: u64, first_member: u64, members: u64) -> Self {
        let (engine, index) = (store.engine(), store.index());
        Self { name, engine, index, licensee, first_member, members, next: 0 }
    }

    /// For so long; what a command cost, microseconds.
    ///
    /// # Errors
    /// [`BenchError`] if one is refused.
    pub fn churn(&mut self, time: Duration) -> Result<f64, BenchError> {
        let engine = self.engine.clone();
        let ask = || {
            let member = self.first_member + self.next % self.members;
            let is_given = (self.next / self.members).is_multiple_of(2);
            let call =
                Turn { licensee: self.licensee, member, is_given }.call(&format!("{}-{}", self.name, self.next))?;
            self.next += 1;
            Ok(engine.try_call(call)?)
        };
        let load = closed_loop(IN_FLIGHT, time, ask, |ticket| {
            let done = ticket.wait()?;
            done.outcome.map(|_| ()).map_err(|refusal| BenchError::wrong(format!("refused: {refusal:?}")))
        })?;
        Ok(1e6 / load.per_second())
    }
}

impl Contender for Churn {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn round(&mut self, time: Duration) -> Result<Vec<Reading>, BenchError> {
        Ok(vec![COST.reading(self.churn(time)?)])
    }

    /// As many seats are held in the next round as in this one.
    fn settle(&mut self) -> Result<(), BenchError> {
        self.finish_pass()?;
        let is_level = self.index.wait_for_lag_below(1, LEVEL_WAIT)?;
        if is_level { Ok(()) } else { Err(BenchError::wrong("the index did not get level")) }
    }
}

impl Churn {
    /// Everybody gets a seat, then everybody loses it, and so on.
    fn next_call(&mut self) -> Result<Call, BenchError> {
        let member = self.first_member + self.next % self.members;
        let is_given = (self.next / self.members).is_multiple_of(2);
        let key = format!("{}-{}", self.name, self.next);
        self.next += 1;
        Turn { licensee: self.licensee, member, is_given }.call(&key)
    }

    /// Takes the seats that a round gave and did not take.
    fn finish_pass(&mut self) -> Result<(), BenchError> {
        while !self.next.is_multiple_of(self.members * 2) {
            let call = self.next_call()?;
            self.engine.try_call(call)?.wait()?;
        }
        Ok(())
    }
}

fn seats(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let store = Store::in_folder(ground.large()?, &ground.catalogue, None)?;
    let sizes = large::sizes(ground);
    let mut contenders: Vec<Box<dyn Contender>> = Vec::new();
    for (licensee, seats) in (0..).zip(sizes) {
        let name = format!("{seats} seats");
        contenders.push(Box::new(Churn::new(name, &store, licensee, *seats, SPARE)));
    }
    let results = contest::run("growth, seats", ground.effort, ground.effort.round_time(), &mut contenders)?;
    section.add("seats held", &results);
    let series = |seats: &u64| results.of(&format!("{seats} seats"), COST);
    if let (Some(few), Some(many)) = (sizes.first(), sizes.last()) {
        let ratios = series(many)?.ratios_to(series(few)?);
        section.aim(&format!("cost with {many} seats to that with {few}"), Wanted::AtMost(1.2, Unit::Times), ratios);
    }
    let points = sizes.iter().map(|seats| Ok((*seats as f64, series(seats)?.spread().median)));
    let curves = vec![Curve { name: "usher".to_owned(), points: points.collect::<Result<_, BenchError>>()? }];
    section.plots.push(plot("growth-seats", "Cost of a command by seats held", "seats held", curves));
    Ok(())
}

/// What a process takes more with all licensees in use than with the smallest one alone, by seats. Large ones are read as soon as
/// a store is opened, so what it has before and after a command would tell nothing.
fn memory(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let (many, sizes) = (ground.large()?, large::sizes(ground));
    let few = ground.folder()?;
    let smallest = sizes.get(..1).unwrap_or_default();
    large::fill(ground, few.path(), smallest)?;
    let mut series = Series { contender: "usher".to_owned(), measure: MEMORY, samples: Vec::new() };
    let seats = sizes.iter().sum::<u64>() - smallest.iter().sum::<u64>();
    for _ in 0..ground.effort.rounds {
        let with = in_use(many, sizes)? - in_use(few.path(), smallest)?;
        series.samples.push(with / seats as f64);
    }
    section.aim("memory a seat, members included", Wanted::AtMost(150.0, Unit::Bytes), series.samples.clone());
    section.add_series("seats held", series);
    Ok(())
}

/// What a process takes that has used each of these licensees, bytes.
fn in_use(folder: &Path, sizes: &[u64]) -> Result<f64, BenchError> {
    // Somebody whom all of them have as a member.
    let turn = Turn { licensee: sizes.len().saturating_sub(1) as u64, member: 0, is_given: true };
    inner::ask(Inner::InUse, folder, turn).map(|came| came.bytes as f64)
}

/// A plot of costs.
fn plot(file: &str, title: &str, x: &str, curves: Vec<Curve>) -> Plot {
    let [file, title, x] = [file, title, x].map(str::to_owned);
    Plot { file, title, x, y: "µs".to_owned(), curves }
}

/// The medians of contenders, each at its size.
fn points(results: &Results, named: &[(f64, String)]) -> Result<Vec<(f64, f64)>, BenchError> {
    named.iter().map(|(size, name)| Ok((*size, results.of(name, COST)?.spread().median))).collect()
}
