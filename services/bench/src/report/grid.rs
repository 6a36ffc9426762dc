//! The figures of a section side by side: a row for each case and contender, a column for each measure.

use super::{Figure, number};

/// Headings and rows of the same length.
pub struct Grid<'a> {
    /// What stands above the columns.
    pub heading: Vec<&'a str>,
    /// What stands in them; empty where nothing was measured.
    pub rows: Vec<Vec<String>>,
}

impl<'a> Grid<'a> {
    /// Of figures, in the order in which they came.
    pub fn of(figures: &'a [Figure]) -> Self {
        let mut measures: Vec<&str> = Vec::new();
        let mut lines: Vec<(&str, &str)> = Vec::new();
        for Figure { case, series, .. } in figures {
            if !measures.contains(&series.measure.name) {
                measures.push(series.measure.name);
            }
            if !lines.contains(&(case, &series.contender)) {
                lines.push((case, &series.contender));
            }
        }
        let row = |(case, contender): &(&str, &str)| {
            let cells = measures.iter().map(|measure| cell(figures, case, contender, measure));
            [(*case).to_owned(), (*contender).to_owned()].into_iter().chain(cells).collect()
        };
        let rows = lines.iter().map(row).collect();
        Self { heading: ["case", "who"].into_iter().chain(measures).collect(), rows }
    }
}

fn cell(figures: &[Figure], case: &str, contender: &str, measure: &str) -> String {
    let is_it = |figure: &&Figure| {
        figure.case == case && figure.series.contender == contender && figure.series.measure.name == measure
    };
    let found = figures.iter().find(is_it);
    found.map(|figure| number::with_spread(figure.spread, figure.series.measure.unit)).unwrap_or_default()
}
