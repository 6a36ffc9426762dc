//! The read models: made anew, against `COPY` of the rows that come out; and how far they are behind.

mod copy;
mod delay;

use std::time::{Duration, Instant};

use super::Benchmark;
use crate::{
    contest::{self, Contender},
    error::BenchError,
    ground::{Ground, history::History},
    measure::{Measure, Reading, Unit},
    report::{Section, Wanted},
};
use copy::Copy;

/// The row `views`.
pub const BENCHMARK: Benchmark = Benchmark {
    name: "views",
    about: "read models made anew, events a second, against COPY of their rows; delay from commit to visible row",
    run,
};

/// Events a second.
const EVENTS: Measure = Measure { name: "events", unit: Unit::PerSecond };
const REBUILD: &str = "usher, rebuild";
/// A million events have to be in the views within so many seconds.
const MILLION_WITHIN_S: f64 = 15.0;

/// Makes the views anew, compares them with the old ones, and swaps them.
struct Rebuild<'a>(&'a History);

impl Contender for Rebuild<'_> {
    fn name(&self) -> String {
        REBUILD.to_owned()
    }

    fn round(&mut self, _time: Duration) -> Result<Vec<Reading>, BenchError> {
        let began = Instant::now();
        self.0.store.rebuild_views()?;
        Ok(vec![EVENTS.reading(self.0.events as f64 / began.elapsed().as_secs_f64())])
    }
}

fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let history = ground.history()?;
    let mut contenders: [Box<dyn Contender>; 2] = [Box::new(Rebuild(history)), Box::new(Copy::of(history)?)];
    let results = contest::run("views, rebuild", ground.effort, Duration::ZERO, &mut contenders)?;
    section.add(&format!("PostgreSQL, {} events", history.events), &results);
    let rebuilt = results.of(REBUILD, EVENTS)?;
    let seconds = rebuilt.samples.iter().map(|rate| 1e6 / rate).collect();
    section.aim("a rebuild of a million events", Wanted::AtMost(MILLION_WITHIN_S, Unit::Seconds), seconds);
    delay::run(ground, section)
}
