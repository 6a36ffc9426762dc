//! `usher ingest`: feeds files of messages.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use clap::Args;
use journal::Duty;

use super::Config;
use crate::{
    cli::{ClockArgs, ShardArgs, StoreArgs},
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    feed::{FeedError, Input, Tally, feed},
    output,
    progress::Progress,
    store::{Clock, DEFAULT_FOLDER, Part, Store, StoreOptions},
};

/// Stands for standard input among the files.
const STANDARD_INPUT: &str = "-";

const EXAMPLES: &str = "\
The last line of standard output counts what became of the messages, such as
  {\"accepted\":2,\"duplicate\":0,\"refused\":{\"unknown_licensee\":1}}
The exit status is 0 whatever was refused, and 1 when a file could not be read to its end.
Feeding a file again does no harm: what got in before is a duplicate.
On a database the nodes that run decide, by their own clocks; without any this process does.

Examples:
  usher ingest --data-dir ./usher-data messages.jsonl
  usher ingest --clock event-time 2024.jsonl.gz 2025.jsonl.gz
  zcat messages.jsonl.gz | usher ingest -";

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

    /// Files with a CloudEvent in JSON on each line, also compressed with gzip; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl IngestArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        Settings { clock: self.clock.clock, shards: self.shards.shards, ..self.store.settings() }
    }
}

/// Does it.
pub fn run(args: &IngestArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let clock = Clock::Mode(config.settings.clock.unwrap_or_default());
    let place = config.store_place(DEFAULT_FOLDER)?;
    let options = config.store_options(place, clock, Part::Passing(&[Duty::Write]))?;
    let sources: Vec<Source> = args.files.iter().map(|path| Source::of(path)).collect();
    let mut tally = Tally::default();
    let fed = feed_all(&sources, options, &mut tally);
    // The tally comes also after an error: it says what got in until then.
    output::json_line(&tally)?;
    fed.map(|()| ExitStatus::Done)
}

fn feed_all(sources: &[Source], options: StoreOptions, tally: &mut Tally) -> Result<(), CommandError> {
    // First, so that nothing is fed where a file is not there.
    let sizes = sources.iter().map(Source::bytes_total).collect::<Result<Vec<_>, _>>()?;
    let store = Store::open(options)?;
    let mut progress = Progress::of_bytes(sizes.into_iter().sum());
    let fed = sources.iter().try_for_each(|source| feed(&store.engine(), source.open()?, &mut progress, tally));
    progress.finish();
    Ok(fed?)
}

/// Where messages come from.
enum Source {
    StandardInput,
    File(PathBuf),
}

impl Source {
    fn of(path: &Path) -> Self {
        if path.as_os_str() == STANDARD_INPUT { Self::StandardInput } else { Self::File(path.to_owned()) }
    }

    fn name(&self) -> String {
        match self {
            Self::StandardInput => "standard input".to_owned(),
            Self::File(path) => format!("{path:?}"),
        }
    }

    /// How much there is to read, if anybody knows. A file that isn't there is found out before anything is fed.
    fn bytes_total(&self) -> Result<Option<u64>, FeedError> {
        let Self::File(path) = self else { return Ok(None) };
        let metadata = fs::metadata(path).map_err(|source| FeedError::Unopenable { name: self.name(), source })?;
        Ok(metadata.is_file().then_some(metadata.len()))
    }

    fn open(&self) -> Result<Input, FeedError> {
        let name = self.name();
        match self {
            Self::StandardInput => Ok(Input { name, bytes: Box::new(io::stdin()) }),
            Self::File(path) => match File::open(path) {
                Ok(file) => Ok(Input { name, bytes: Box::new(file) }),
                Err(source) => Err(FeedError::Unopenable { name, source }),
            },
        }
    }
}
