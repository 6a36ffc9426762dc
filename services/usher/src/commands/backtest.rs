//! `usher backtest`: what would have been under another catalogue.

use std::{path::PathBuf, sync::Arc};

use backtest::{LicenseeDifferences, Question, Report, SeatKind, Span, Standing, backtest};
use clap::Args;
use licensing::LicenseeId;

use super::Config;
use crate::{
    args::StoreArgs,
    config::{ConfigError, Settings, read_catalogue},
    error::CommandError,
    exit::ExitStatus,
    moment::{self, Moment},
    output::{self, Format, OutputError, Table},
    progress::Progress,
    store::{DEFAULT_FOLDER, Truth},
};

const EXAMPLES: &str = "\
Every recorded command is decided again, in the order of the clock, by the rules of --catalog, and
what would have come of it is held against what did: how subscription and products stand, who has
a seat, what is refused. Only the journal is read, and nothing is changed.

A seat is kept (taken then, not by the other rules), lost (the other way round), gained (not
given then), or not_given (given then), for the time that is shown, or up to the end.

What was refused is decided again where the store keeps what was asked for, as it does since this
version; older refusals, of which nothing was kept, stay refused, and are counted. Commands that
older stores tell by their events only may be read back approximately; these are counted too.
What began before --from goes on as it was: a grace keeps its end, a trial its seats.

A folder must not be open in another process. On a database nodes go on.

Examples:
  usher backtest --catalog new.toml
  usher backtest --catalog new.toml --from 2025-01-01 --licensee acme --licensee umbrella
  usher backtest --catalog new.toml --format json --database-url postgres://usher@db.internal/usher";

/// Decides recorded commands again by another catalogue, and tells what would have been different
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BacktestArgs {
    /// From when on the other rules hold, such as 2026-01-31T12:00:00Z or 2026-01-31 [default: from the first event on]
    #[arg(long, value_name = "T")]
    from: Option<Moment>,

    /// Up to when, without that instant [default: the end of what is recorded]
    #[arg(long, value_name = "T")]
    to: Option<Moment>,

    /// This licensee only; can be given several times
    #[arg(long = "licensee", value_name = "LICENSEE")]
    licensees: Vec<LicenseeId>,

    /// File of the catalogue that held until now, to show which add-on was in effect [default: the one that is built in]
    #[arg(long, value_name = "FILE")]
    held_catalog: Option<PathBuf>,

    #[command(flatten)]
    store: StoreArgs,

    /// How the result looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl BacktestArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { format: self.format, ..self.store.settings() }
    }
}

/// Does it.
pub fn run(args: &BacktestArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    if config.settings.catalog.is_none() {
        let instead = "name the file with the rules that are to be tried, such as --catalog new.toml";
        return Err(ConfigError::Missing { setting: "catalog", instead }.into());
    }
    let question = Question {
        catalogue: config.catalogue()?,
        held: Arc::new(read_catalogue(args.held_catalog.as_deref())?),
        from: args.from.map(|Moment(from)| from),
        to: args.to.map(|Moment(to)| to),
        licensees: args.licensees.iter().cloned().collect(),
    };
    // No engine: with another catalogue it would do what is due by that.
    let Truth { journal, .. } = Truth::open(&config.store_place(DEFAULT_FOLDER)?)?;
    let mut progress = Progress::endless();
    let report = backtest(&*journal, &question, &mut |steps| progress.say(&|| format!("{steps} steps")));
    progress.finish();
    let report = report?;
    match config.format() {
        Format::Json => output::json_line(&report)?,
        Format::Table => print(&report)?,
    }
    Ok(ExitStatus::Done)
}

fn print(report: &Report) -> Result<(), OutputError> {
    print_summary(report)?;
    for differences in &report.differences {
        output::line("")?;
        output::line(differences.licensee.as_str())?;
        print_differences(differences)?;
    }
    Ok(())
}

fn print_summary(report: &Report) -> Result<(), OutputError> {
    let mut table = Table::without_heading();
    let mut fact = |name: &str, value: String| table.row([name.to_owned(), value]);
    fact("from", report.from.map_or_else(|| "the first event on".to_owned(), moment::to_text));
    fact("to", report.to.map_or_else(|| "the last event".to_owned(), moment::to_text));
    fact("licensees", format!("{}, {} with differences", report.licensees, report.licensees_with_differences));
    let commands = &report.commands;
    fact("commands decided again", format!("{} exactly, {} approximately", commands.exact, commands.approximate));
    let not_kept: u64 = commands.not_kept.values().sum();
    let by_code: Vec<_> = commands.not_kept.iter().map(|(code, count)| format!("{count} {code}")).collect();
    let by_code = if by_code.is_empty() { String::new() } else { format!(": {}", by_code.join(", ")) };
    fact("refused and not kept", format!("{not_kept}{by_code}"));
    if commands.unreadable > 0 {
        fact("not understood", commands.unreadable.to_string());
    }
    let seats = report.seats;
    fact(
        "seats",
        format!("{} kept, {} lost, {} gained, {} not given", seats.kept, seats.lost, seats.gained, seats.not_given),
    );
    let refusals = report.refusals;
    fact(
        "refusals",
        format!("{} new, {} gone, {} with another code", refusals.new, refusals.gone, refusals.other_code),
    );
    table.print()
}

fn print_differences(differences: &LicenseeDifferences) -> Result<(), OutputError> {
    if !differences.standings.is_empty() {
        let mut table = Table::new(["from", "until", "of", "was", "would be"]);
        for standing in &differences.standings {
            let [from, until] = span(standing.span);
            table.row([
                from,
                until,
                standing.of.clone(),
                standing_text(&standing.was),
                standing_text(&standing.would_be),
            ]);
        }
        table.print()?;
    }
    if !differences.seats.is_empty() {
        let mut table = Table::new(["from", "until", "product", "user", "seat", "reason"]);
        for seat in &differences.seats {
            let [from, until] = span(seat.span);
            let reason = seat.reason.map_or_else(|| "-".to_owned(), |reason| reason.to_string());
            table.row([
                from,
                until,
                seat.product.to_string(),
                seat.user.to_string(),
                kind(seat.kind).to_owned(),
                reason,
            ]);
        }
        table.print()?;
    }
    if !differences.refusals.is_empty() {
        let mut table = Table::new(["at", "command", "was", "would be"]);
        for refusal in &differences.refusals {
            let [was, would_be] = [refusal.was, refusal.would_be].map(|verdict| verdict.as_str().to_owned());
            table.row([moment::to_text(refusal.at), refusal.command_id.clone(), was, would_be]);
        }
        table.print()?;
    }
    if differences.left_out > 0 {
        output::line(&format!("and {} more, which are not shown", differences.left_out))?;
    }
    Ok(())
}

fn span(Span { from, until }: Span) -> [String; 2] {
    [moment::to_text(from), until.map_or_else(|| "-".to_owned(), moment::to_text)]
}

fn standing_text(standing: &Standing) -> String {
    match (&standing.add_on, standing.quantity) {
        (Some(add_on), Some(quantity)) => format!("{}, {quantity} {add_on}", standing.status),
        _ => standing.status.to_owned(),
    }
}

const fn kind(kind: SeatKind) -> &'static str {
    match kind {
        SeatKind::Kept => "kept",
        SeatKind::Lost => "lost",
        SeatKind::Gained => "gained",
        SeatKind::NotGiven => "not given",
    }
}
