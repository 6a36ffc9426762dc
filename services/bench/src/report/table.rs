//! For people at a terminal.

use std::fmt::Write;

use comfy_table::{Table, presets::UTF8_HORIZONTAL_ONLY};

use super::{Aim, Figure, Report, Section, number};
use crate::machine::Circumstances;

/// The report as text.
pub fn of(report: &Report) -> String {
    let mut text = String::new();
    for section in &report.sections {
        add(&mut text, section);
    }
    text + &circumstances(&report.circumstances)
}

fn add(text: &mut String, section: &Section) {
    // Writing to a text never fails.
    let _ = writeln!(text, "\n{}: {}", section.benchmark, section.about);
    let mut figures = table(&["case", "who", "what", "median (min to max)"]);
    for Figure { case, series, spread } in &section.figures {
        let value = number::with_spread(*spread, series.measure.unit);
        figures.add_row([case, &series.contender, series.measure.name, &value]);
    }
    let _ = writeln!(text, "{figures}");
    if !section.aims.is_empty() {
        let _ = writeln!(text, "{}", aims(&section.aims));
    }
    for note in &section.notes {
        let _ = writeln!(text, "  {note}");
    }
}

fn aims(aims: &[Aim]) -> Table {
    let mut rows = table(&["aim", "wanted", "measured", ""]);
    for aim in aims {
        rows.add_row([&aim.about, &aim.wanted.to_string(), &aim.measured(), &aim.verdict()]);
    }
    rows
}

fn table(heading: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header(heading);
    table
}

fn circumstances(these: &Circumstances) -> String {
    let mut text = format!("\n{}\n{}\n", these.command, super::markdown::machine(these));
    if let Some(warning) = super::markdown::warning(these) {
        text += &format!("{warning}\n");
    }
    text
}
