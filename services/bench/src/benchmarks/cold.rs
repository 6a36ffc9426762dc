//! The first command on a large licensee after a restart, against folding all of its events.
//!
//! Each is asked of a process of its own, with the files of the store where the last one left them.

use std::time::Duration;

use super::Benchmark;
use crate::{
    contest::{self, Contender},
    error::BenchError,
    ground::{
        Ground,
        crowd::Turn,
        inner::{self, Inner},
        large,
    },
    measure::{Measure, Reading, Unit},
    report::{Section, Wanted},
};

/// The row `cold`.
pub const BENCHMARK: Benchmark = Benchmark {
    name: "cold",
    about: "the first command on a licensee with a million seats after a restart, against a replay of its events",
    run,
};

const TIME: Measure = Measure { name: "until the answer", unit: Unit::Seconds };
const FIRST: &str = "usher, first command";
const REPLAY: &str = "replay of all events";

/// A process that does one thing.
struct Once<'a> {
    ground: &'a Ground,
    name: &'static str,
    inner: Inner,
    turn: Turn,
}

impl Contender for Once<'_> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn round(&mut self, _time: Duration) -> Result<Vec<Reading>, BenchError> {
        let came = inner::ask(self.inner, self.ground.large()?, self.turn)?;
        Ok(vec![TIME.reading(came.seconds)])
    }
}

fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let sizes = large::sizes(ground);
    let seats = sizes.last().copied().unwrap_or_default();
    let turn = Turn { licensee: sizes.len().saturating_sub(1) as u64, member: seats, is_given: true };
    ground.large()?;
    let once = |name, inner| Box::new(Once { ground, name, inner, turn }) as Box<dyn Contender>;
    let mut contenders = [once(FIRST, Inner::FirstCommand), once(REPLAY, Inner::Replay)];
    let results = contest::run("cold", ground.effort, Duration::ZERO, &mut contenders)?;
    section.add(&format!("SQLite, {seats} seats"), &results);
    let (first, replay) = (results.of(FIRST, TIME)?, results.of(REPLAY, TIME)?);
    section.aim("the first command", Wanted::AtMost(0.5, Unit::Seconds), first.samples.clone());
    section.aim("faster than the replay", Wanted::AtLeast(20.0, Unit::Times), replay.ratios_to(first));
    Ok(())
}
