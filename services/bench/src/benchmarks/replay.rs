//! Every event of a store, read, decoded and folded, and exported; against the server reading the same rows for nobody.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use postgres::{Client, NoTls};

use super::Benchmark;
use crate::{
    contest::{self, Contender},
    error::BenchError,
    ground::{Ground, history::History},
    measure::{Measure, Reading, Unit},
    report::{Section, Wanted},
};

/// The row `replay`.
pub const BENCHMARK: Benchmark = Benchmark {
    name: "replay",
    about: "events a second read, decoded and folded, and by usher export, against COPY of the same rows to /dev/null",
    run,
};

/// Events a second.
const EVENTS: Measure = Measure { name: "events", unit: Unit::PerSecond };
const FOLD: &str = "usher, folded";
const EXPORT: &str = "usher export";
const COPY: &str = "COPY to /dev/null";

/// Reads, decodes and folds in this process.
struct Fold<'a>(&'a History);

impl Contender for Fold<'_> {
    fn name(&self) -> String {
        FOLD.to_owned()
    }

    fn round(&mut self, _time: Duration) -> Result<Vec<Reading>, BenchError> {
        let began = Instant::now();
        let events = self.0.fold()?;
        check(events, self.0)?;
        Ok(rate(self.0, began))
    }
}

/// `usher export`, from its start to its end, in the form that is cheapest to write.
struct Export<'a> {
    ground: &'a Ground,
    history: &'a History,
    url: String,
}

impl Contender for Export<'_> {
    fn name(&self) -> String {
        EXPORT.to_owned()
    }

    fn round(&mut self, _time: Duration) -> Result<Vec<Reading>, BenchError> {
        let mut export = Command::new(self.ground.usher()?);
        export.args(["export", "--format", "protobuf", "--database-url", &self.url]);
        let began = Instant::now();
        let output = export.stdout(Stdio::null()).output().map_err(BenchError::system("run usher export"))?;
        if !output.status.success() {
            return Err(BenchError::program("usher export", String::from_utf8_lossy(&output.stderr)));
        }
        Ok(rate(self.history, began))
    }
}

/// The server reads the rows, and throws them away.
struct Copy<'a> {
    history: &'a History,
    client: Client,
}

impl Contender for Copy<'_> {
    fn name(&self) -> String {
        COPY.to_owned()
    }

    fn round(&mut self, _time: Duration) -> Result<Vec<Reading>, BenchError> {
        let began = Instant::now();
        self.client.batch_execute("COPY (SELECT * FROM usher.commits) TO '/dev/null' WITH (FORMAT binary)")?;
        Ok(rate(self.history, began))
    }
}

fn rate(history: &History, began: Instant) -> Vec<Reading> {
    vec![EVENTS.reading(history.events as f64 / began.elapsed().as_secs_f64())]
}

fn check(events: u64, history: &History) -> Result<(), BenchError> {
    if events == history.events {
        return Ok(());
    }
    Err(BenchError::wrong(format!("{events} events were read, and {} are there", history.events)))
}

fn run(ground: &Ground, section: &mut Section) -> Result<(), BenchError> {
    let history = ground.history()?;
    let url = history.store.url().ok_or_else(|| BenchError::wrong("the store has no database"))?;
    let client = Client::connect(&url, NoTls)?;
    let mut contenders: [Box<dyn Contender>; 3] =
        [Box::new(Fold(history)), Box::new(Export { ground, history, url }), Box::new(Copy { history, client })];
    let results = contest::run("replay", ground.effort, Duration::ZERO, &mut contenders)?;
    section.add(&format!("PostgreSQL, {} events", history.events), &results);
    for name in [FOLD, EXPORT] {
        let ratios = results.of(name, EVENTS)?.ratios_to(results.of(COPY, EVENTS)?);
        let percent = ratios.into_iter().map(|ratio| ratio * 100.0).collect();
        section.aim(&format!("{name}: part of the bare read"), Wanted::AtLeast(60.0, Unit::Percent), percent);
    }
    Ok(())
}
