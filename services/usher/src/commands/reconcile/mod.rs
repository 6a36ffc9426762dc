//! `usher reconcile`: billing's own list against the journal.

mod list;
mod told;

use std::path::PathBuf;

use audit::reconcile::{Books, Finding, Outcome, reconcile};
use chrono::Utc;
use clap::Args;
use serde::Serialize;

use super::Config;
use crate::{
    args::StoreArgs,
    client::ClientError,
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    moment::{self, Moment},
    output::{self, Format, OutputError, Table},
    progress::Progress,
    store::{DEFAULT_FOLDER, StoreError, Truth},
};

pub use list::ListError;

const EXAMPLES: &str = "\
The list has a line for everything that is sold as of the moment, in CSV with a heading, or as a
JSON object a line if the file's name ends in .jsonl:

  licensee      the licensee's id
  add_on        such as duo_pro; empty for a subscription without add-ons
  quantity      the total of its seats
  ends_at       the first instant after the term, or a date for its first instant
  plan, seats, starts_at, subscription
                compared where the list has them

Each line agrees or differs; where it differs, the event is named since which both part. Then
follows what is sold by the journal and not in the list; terms that have ended need not be in it.
Nothing is changed. On a database nodes may go on; a folder must not be open in another process.

Exit status: 0 all agree, 1 something differs.

Examples:
  usher reconcile --billing billing.csv
  usher reconcile --billing billing.csv --as-of 2026-01-31 --format json";

/// Holds a billing system's own list against the journal
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReconcileArgs {
    /// The list; - reads standard input
    #[arg(long, value_name = "FILE")]
    billing: PathBuf,

    /// As of when the list was made, such as 2026-01-31T12:00:00Z or 2026-01-31 [default: everything that happened]
    #[arg(long, value_name = "T")]
    as_of: Option<Moment>,

    #[command(flatten)]
    store: StoreArgs,

    /// How the result looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl ReconcileArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { format: self.format, ..self.store.settings() }
    }
}

/// How many there are of each outcome.
#[derive(Debug, Default, Serialize)]
struct Counts {
    agree: u64,
    differ: u64,
    only_billing: u64,
    only_journal: u64,
}

/// What programs get.
#[derive(Serialize)]
struct Reconciled<'a> {
    findings: &'a [Finding],
    counts: &'a Counts,
}

/// Does it.
pub fn run(args: &ReconcileArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let claims = list::read(&args.billing)?;
    let books = books(args, config)?;
    let findings = reconcile(&claims, &books);
    let counts = Counts::of(&findings);
    match config.format() {
        Format::Json => output::json_line(&Reconciled { findings: &findings, counts: &counts })?,
        Format::Table => print(&findings, &counts)?,
    }
    let all_agree = findings.iter().all(|finding| finding.outcome == Outcome::Agrees);
    Ok(if all_agree { ExitStatus::Done } else { ExitStatus::Problem })
}

fn books(args: &ReconcileArgs, config: &Config) -> Result<Books, CommandError> {
    let place = config.store_place(DEFAULT_FOLDER)?;
    let truth = Truth::open(&place)?;
    let as_of = args.as_of.map(|Moment(at)| at);
    if let Some(at) = as_of {
        let kept = truth.journal.clock().map_err(|source| StoreError::Journal { place, source })?;
        let now = kept.unwrap_or_default().max(Utc::now());
        if at > now {
            return Err(ClientError::Future { at: moment::to_text(at), now: moment::to_text(now) }.into());
        }
    }
    let mut progress = Progress::endless();
    let books = Books::of(&*truth.journal, as_of, &mut |commits| progress.say(&|| format!("{commits} commits")));
    progress.finish();
    Ok(books?)
}

impl Counts {
    fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            let count = match finding.outcome {
                Outcome::Agrees => &mut counts.agree,
                Outcome::Differs => &mut counts.differ,
                Outcome::OnlyBilling => &mut counts.only_billing,
                Outcome::OnlyJournal => &mut counts.only_journal,
            };
            *count = count.saturating_add(1);
        }
        counts
    }
}

fn print(findings: &[Finding], counts: &Counts) -> Result<(), OutputError> {
    let mut table = Table::new(["line", "licensee", "add-on", "outcome", "what"]);
    for finding in findings {
        let line = finding.line.map_or_else(|| "-".to_owned(), |line| line.to_string());
        let add_on = finding.add_on.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        let row = |what| {
            [
                line.clone(),
                finding.licensee.to_string(),
                add_on.clone(),
                told::outcome(finding.outcome).to_owned(),
                what,
            ]
        };
        let sentences = told::sentences(finding);
        if sentences.is_empty() {
            table.row(row(String::new()));
        }
        sentences.into_iter().for_each(|sentence| table.row(row(sentence)));
    }
    table.print()?;
    let Counts { agree, differ, only_billing, only_journal } = counts;
    output::line(&format!(
        "{agree} agree, {differ} differ, {only_billing} only in billing's list, {only_journal} only in the journal"
    ))
}
