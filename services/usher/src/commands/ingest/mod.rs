//! `usher ingest`: feeds files of messages.

mod dry_run;
mod pools;
mod preview;
mod report;
mod seats;

use std::path::PathBuf;

use clap::Args;
use journal::Duty;

use super::Config;
pub use preview::PreviewError;

use crate::{
    args::{ClockArgs, ShardArgs, StoreArgs},
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    feed::{Sources, Tally, feed},
    output::{self, Format},
    progress::Progress,
    store::{Clock, DEFAULT_FOLDER, Part, Store, StoreOptions},
};

const EXAMPLES: &str = "\
The last line of standard output counts what became of the messages, such as
  {\"accepted\":2,\"duplicate\":0,\"refused\":{\"unknown_licensee\":1}}
The exit status is 0 whatever was refused, and 1 when a file could not be read to its end.
Feeding a file again does no harm: what got in before is a duplicate.
On a database the nodes that run decide, by their own clocks; without any this process does.

With --dry-run nothing is written: the messages are decided in memory, one on top of the other, on what
the store holds now and by the clock that --clock names. The result says who would gain or lose a seat,
which quantities would change, and what would be refused; the last line counts the events too, such as
  {\"accepted\":2,\"duplicate\":0,\"refused\":{},\"events\":23}
With --format json each message has a line of its own with what would follow from it, time included:
what becomes due on the way to a message is told with it. The store must exist; a folder must not be
open in another process, on a database no node is asked or disturbed. What would happen may take 512
MiB of memory; with more the preview ends with an error and tells what it got to.

Examples:
  usher ingest --data-dir ./usher-data messages.jsonl
  usher ingest --clock event-time 2024.jsonl.gz 2025.jsonl.gz
  zcat messages.jsonl.gz | usher ingest -
  usher ingest --dry-run --clock event-time renewals.jsonl";

/// Feeds CloudEvents from JSON Lines files, one after another, through the same path as the broker
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct IngestArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    shards: ShardArgs,

    /// Only say what the messages would do; nothing is written
    #[arg(long)]
    dry_run: bool,

    /// How the result of a dry run looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum, requires = "dry_run")]
    format: Option<Format>,

    /// Files with a CloudEvent in JSON on each line, also compressed with gzip; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl IngestArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { clock: self.clock.clock, shards: self.shards.shards, format: self.format, ..self.store.settings() }
    }
}

/// Does it.
pub fn run(args: &IngestArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    if args.dry_run {
        return dry_run::run(&args.files, config);
    }
    let clock = Clock::Mode(config.settings.clock.unwrap_or_default());
    let place = config.store_place(DEFAULT_FOLDER)?;
    let options = config.store_options(place, clock, Part::Passing(&[Duty::Write]))?;
    let sources = Sources::of(&args.files);
    let mut tally = Tally::default();
    let fed = feed_all(sources, options, &mut tally);
    // The tally comes also after an error: it says what got in until then.
    output::json_line(&tally)?;
    fed.map(|()| ExitStatus::Done)
}

fn feed_all(sources: Sources, options: StoreOptions, tally: &mut Tally) -> Result<(), CommandError> {
    // First, so that nothing is fed where a file is not there.
    let mut progress = Progress::of_bytes(sources.bytes_total()?);
    let store = Store::open(options)?;
    let fed = sources.into_iter().try_for_each(|source| feed(&store.engine(), source.open()?, &mut progress, tally));
    progress.finish();
    Ok(fed?)
}
