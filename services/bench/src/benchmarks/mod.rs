//! The benchmarks, one file or folder each. A further one is a file with a [`Benchmark`] in it, and its line in [`ALL`].

mod access;
mod cold;
mod commands;
mod footprint;
mod growth;
mod http;
mod intake;
mod relay;
mod replay;
mod views;

use crate::{error::BenchError, ground::Ground, report::Section};

/// A benchmark.
#[derive(Clone, Copy)]
pub struct Benchmark {
    /// By this it is run alone.
    pub name: &'static str,
    /// What it measures, in a line.
    pub about: &'static str,
    /// Measures it, into a section of the report.
    pub run: fn(&Ground, &mut Section) -> Result<(), BenchError>,
}

/// All of them, in the order in which they run.
pub const ALL: &[Benchmark] = &[
    commands::BENCHMARK,
    http::BENCHMARK,
    growth::BENCHMARK,
    cold::BENCHMARK,
    replay::BENCHMARK,
    views::BENCHMARK,
    access::BENCHMARK,
    relay::BENCHMARK,
    intake::BENCHMARK,
    footprint::BENCHMARK,
];

impl Benchmark {
    /// The one of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|benchmark| benchmark.name == name)
    }

    /// Measures it.
    ///
    /// # Errors
    /// [`BenchError`] if it doesn't come to an end.
    pub fn measure(&self, ground: &Ground) -> Result<Section, BenchError> {
        let mut section = Section { benchmark: self.name, about: self.about, ..Section::default() };
        (self.run)(ground, &mut section)?;
        Ok(section)
    }
}
