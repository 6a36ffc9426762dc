//! What is told of the figures: a table for people, Markdown for the docs, JSON for programs.

mod aim;
mod grid;
mod markdown;
mod number;
pub mod plot;
mod table;

use std::{fs, path::Path};

use serde::Serialize;

pub use aim::{Aim, Wanted};
pub use plot::{Curve, Plot};

use crate::{
    contest::Results,
    error::BenchError,
    machine::Circumstances,
    measure::{Series, Spread},
};

/// Everything that came out.
#[derive(Debug, Serialize)]
pub struct Report {
    /// On what, of what and when.
    pub circumstances: Circumstances,
    /// Benchmark by benchmark.
    pub sections: Vec<Section>,
}

/// What came out of a benchmark.
#[derive(Debug, Default, Serialize)]
pub struct Section {
    /// Its name, by which it is run alone.
    pub benchmark: &'static str,
    /// What it measures, in a line.
    pub about: &'static str,
    /// The figures.
    pub figures: Vec<Figure>,
    /// How they are against what is aimed at.
    pub aims: Vec<Aim>,
    /// What one has to know of this run.
    pub notes: Vec<String>,
    /// Curves, to be drawn.
    pub plots: Vec<Plot>,
}

/// A figure: what one contender did under some circumstances.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// Under which circumstances; empty where there is only one kind.
    pub case: String,
    /// The samples.
    #[serde(flatten)]
    pub series: Series,
    /// What they say.
    pub spread: Spread,
}

impl Section {
    /// Adds all that came out of a contest.
    pub fn add(&mut self, case: &str, results: &Results) {
        results.series().iter().for_each(|series| self.add_series(case, series.clone()));
    }

    /// Adds one series.
    pub fn add_series(&mut self, case: &str, series: Series) {
        self.figures.push(Figure { case: case.to_owned(), spread: series.spread(), series });
    }

    /// Adds how samples are against what is aimed at.
    pub fn aim(&mut self, about: &str, wanted: Wanted, samples: Vec<f64>) {
        self.aims.push(Aim::new(about, wanted, samples));
    }

    /// Adds something that one has to know.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}

impl Report {
    /// Writes it as JSON, with every sample.
    ///
    /// # Errors
    /// [`BenchError::System`] if the file can't be written.
    pub fn write_json(&self, file: &Path) -> Result<(), BenchError> {
        let text = serde_json::to_string_pretty(self).map_err(|error| BenchError::wrong(error.to_string()))?;
        write(file, &(text + "\n"))
    }

    /// Writes it as Markdown.
    ///
    /// # Errors
    /// [`BenchError::System`] if the file can't be written.
    pub fn write_markdown(&self, file: &Path) -> Result<(), BenchError> {
        write(file, &markdown::of(self))
    }

    /// Draws the curves into a folder.
    ///
    /// # Errors
    /// [`BenchError::System`] if a file can't be written.
    pub fn write_plots(&self, folder: &Path) -> Result<(), BenchError> {
        fs::create_dir_all(folder).map_err(BenchError::system(format!("make {}", folder.display())))?;
        let mut plots = self.sections.iter().flat_map(|section| &section.plots);
        plots.try_for_each(|plot| write(&folder.join(format!("{}.svg", plot.file)), &plot.svg()))
    }

    /// As it is shown on a terminal.
    pub fn table(&self) -> String {
        table::of(self)
    }
}

fn write(file: &Path, text: &str) -> Result<(), BenchError> {
    fs::write(file, text).map_err(BenchError::system(format!("write {}", file.display())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests;
