//! For the docs.

use std::fmt::Write;

use super::{Aim, Report, Section, grid::Grid, number};
use crate::machine::Circumstances;

/// The report as Markdown, to be pasted into `docs/benchmarks.md`.
pub fn of(report: &Report) -> String {
    let these = &report.circumstances;
    let mut text = format!("Made by `{}`: {}.\n", these.command, machine(these));
    if let Some(warning) = warning(these) {
        text += &format!("\n**{warning}**\n");
    }
    for section in &report.sections {
        add(&mut text, section);
    }
    text
}

/// Where and of what it was made, in a line.
pub fn machine(these: &Circumstances) -> String {
    let machine = &these.machine;
    format!(
        "{} at commit {}, {} rounds, on {} ({} threads, {} of memory, Linux {}, load {} before)",
        these.date.format("%Y-%m-%d"),
        these.commit,
        these.rounds,
        machine.processor,
        machine.threads,
        number::shown(machine.memory_bytes as f64, crate::measure::Unit::Bytes),
        machine.kernel,
        machine.load,
    )
}

/// Why the figures are not to be quoted, if so.
pub fn warning(these: &Circumstances) -> Option<&'static str> {
    match (these.release, these.quick) {
        (false, _) => Some("A debug build: the figures mean nothing."),
        (true, true) => Some("A quick look: few rounds, small sizes; not to be quoted."),
        (true, false) => None,
    }
}

fn add(text: &mut String, section: &Section) {
    // Writing to a text never fails.
    let _ = writeln!(text, "\n### `{}`\n{}\n", section.benchmark, section.about);
    if !section.aims.is_empty() {
        let _ = writeln!(text, "| aim | wanted | measured | |\n| --- | --- | --- | --- |");
        for aim in &section.aims {
            let Aim { about, wanted, .. } = aim;
            let _ = writeln!(text, "| {about} | {wanted} | {} | {} |", aim.measured(), aim.verdict());
        }
        text.push('\n');
    }
    let Grid { heading, rows } = Grid::of(&section.figures);
    let _ = writeln!(text, "| {} |\n|{}", heading.join(" | "), " --- |".repeat(heading.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    for note in &section.notes {
        let _ = writeln!(text, "\n{note}");
    }
    for plot in &section.plots {
        let _ = writeln!(text, "\n![{}](benchmarks/{}.svg)", plot.title, plot.file);
    }
}
