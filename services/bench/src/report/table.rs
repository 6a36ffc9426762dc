//! For people at a terminal.

use std::fmt::Write;

use comfy_table::{ContentArrangement, Table, presets::NOTHING};

use super::{Aim, Report, Section, grid::Grid};
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
    let Grid { heading, rows } = Grid::of(&section.figures);
    let mut figures = table(&heading);
    figures.add_rows(rows);
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
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heading.iter().map(|name| name.to_uppercase()));
    table
}

fn circumstances(these: &Circumstances) -> String {
    let mut text = format!("\n{}\n{}\n", these.command, super::markdown::machine(these));
    if let Some(warning) = super::markdown::warning(these) {
        text += &format!("{warning}\n");
    }
    text
}
