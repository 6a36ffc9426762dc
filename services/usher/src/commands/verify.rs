//! `usher verify`: whether the store is what it was.

use std::sync::Arc;

use audit::{AuditError, Checked, Difference, Stage, Subject, verify, verify_journal};
use clap::Args;
use journal::{Duty, Journal};
use serde::Serialize;

use super::Config;
use crate::{
    cli::StoreArgs,
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    output::{self, Format},
    progress::Progress,
    store::{Clock, DEFAULT_FOLDER, Part, Store, StoreError, StoreOptions},
};

/// Where no node runs, the index of a database is filled by whoever writes: it may lack what the last one wrote.
const PART: Part = Part::Passing(&[Duty::Write, Duty::Project]);

const EXAMPLES: &str = "\
Reads every commit: checksums, numbers and positions without gaps, the hash chain of every
licensee and user. Then replays all of it and compares what the index and the read models
show: streams, outcomes, memberships, uses, snapshots; licensees, members, timers, users with
their seats, refusals, totals. Decides nothing; the index and the read models are brought up to
date first, as by any command. On a database nodes may go on working meanwhile; if none runs,
what the last one left undone is done first.

Give the same --catalog as to serve: timers and products follow from it. What is different in
the index or the read models only is made anew by usher rebuild, or by deleting index.db.

Exit status: 0 all is sound, 1 it is not, and the first difference is named.

Examples:
  usher verify
  usher verify --data-dir /var/lib/usher --format json
  usher verify --database-url postgres://usher@db.internal/usher?sslmode=verify-full";

/// Checks every hash chain, and that index and read models equal a replay
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    #[command(flatten)]
    store: StoreArgs,

    /// How the result looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl VerifyArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { format: self.format, ..self.store.settings() }
    }
}

/// What programs get to know of a difference.
#[derive(Serialize)]
struct Found<'a> {
    difference: &'a Difference,
}

/// Does it.
pub fn run(config: &Config) -> Result<ExitStatus, CommandError> {
    let place = config.store_place(DEFAULT_FOLDER)?;
    let options = config.store_options(place, Clock::StandStill, PART)?;
    match look(options) {
        Ok(checked) => tell_sound(checked, config.format()),
        Err(CommandError::Audit(AuditError::Difference(difference))) => tell_difference(&difference, config.format()),
        Err(error) => Err(error),
    }
}

fn look(options: StoreOptions) -> Result<Checked, CommandError> {
    let (place, catalogue) = (options.place.clone(), options.catalogue.clone());
    let opened = Store::open_existing(options);
    let store = opened.or_else(|error| explained(error, || Store::open_journal(&place).ok()))?;
    let (journal, index) = (store.journal(), store.index());
    // Not waited for here: whatever is wrong with the journal is to be told first.
    let views = store.open_views_as_they_are().or_else(|error| explained(error, || Some(journal.clone())))?;
    let subject = Subject { journal, index, views, catalogue };
    let mut progress = Progress::endless();
    let checked = verify(&subject, &mut |stage, done| progress.say(&|| said(stage, done)));
    progress.finish();
    Ok(checked?)
}

/// A damaged journal keeps what is derived from it from opening: then the damage is the finding.
fn explained<T>(error: StoreError, journal: impl FnOnce() -> Option<Arc<dyn Journal>>) -> Result<T, CommandError> {
    let is_there = !matches!(error, StoreError::NoStore { .. });
    if let Some(journal) = is_there.then(journal).flatten() {
        verify_journal(&*journal)?;
    }
    Err(error.into())
}

fn said(stage: Stage, done: u64) -> String {
    match stage {
        Stage::Commits => format!("{done} commits"),
        Stage::Streams => format!("{done} streams in the index"),
        Stage::Licensees => format!("{done} licensees in the views"),
        Stage::Users => format!("{done} users in the views"),
        Stage::Refusals => format!("refusals of {done} commits of a shard"),
    }
}

fn tell_sound(checked: Checked, format: Format) -> Result<ExitStatus, CommandError> {
    match format {
        Format::Json => output::json_line(&checked)?,
        Format::Table => {
            let Checked { commits, events, streams, licensees } = checked;
            output::line(&format!(
                "sound: {commits} commits, {events} events of {streams} streams, {licensees} licensees"
            ))?;
        }
    }
    Ok(ExitStatus::Done)
}

fn tell_difference(difference: &Difference, format: Format) -> Result<ExitStatus, CommandError> {
    match format {
        Format::Json => output::json_line(&Found { difference })?,
        Format::Table => output::line(&format!("difference: {difference}"))?,
    }
    Ok(ExitStatus::Problem)
}
