//! `usher export`: every event, for auditors.

mod bundle;
mod row;
mod stored;
mod writer;

use std::{io, path::PathBuf};

use clap::{Args, ValueEnum};
use contract::{borrowed::DamagedMessage, event::UnreadableEvent, stored::EventRef};
use journal::{JournalError, Position};
use licensing::LicenseeId;
use prost::Message;

use super::Config;
use crate::{
    args::{KafkaArgs, StoreArgs},
    config::{Settings, required_kafka_settings},
    error::CommandError,
    exit::ExitStatus,
    progress::Progress,
    store::{DEFAULT_FOLDER, Truth},
};
use writer::{EventFormat, Writer};

const EXAMPLES: &str = "\
The events come shard by shard, oldest first; those of a licensee or user are all in one shard.
From the topic they are the same, byte for byte, as from the store; the store is then not opened.
Names, user names and e-mail addresses are in no event.

  jsonl     a JSON object a line: position, stream, version, id, type, effective_at,
            recorded_at, actor, command_id, correlation_id, causation_id, schema_version, data,
            hash
  csv       the same with a heading; data is JSON
  protobuf  usher.journal.v1.ExportedEvent, each behind its length: proto/usher/journal/v1/
  bundle    signed evidence in one file, refusals included, that usher verify --bundle, or openssl
            and a few lines of Python, check without the store: docs/evidence-bundle.md

Examples:
  usher export > events.jsonl
  usher export --format csv --database-url postgres://usher@db/usher > events.csv
  usher export --format bundle --key seal.key --licensee acme --out acme.bundle
  usher export --from-kafka --kafka broker-1:9092 > events.jsonl";

/// Writes every event to standard output, for auditors
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// How events are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: ExportFormat,

    /// Read the events from Kafka's topic instead of the store
    #[arg(long)]
    from_kafka: bool,

    /// For a bundle: the private key to sign with, Ed25519 in PEM (PKCS#8); usher seal --new-key makes one
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// For a bundle: only the history of this licensee; can be given more than once [default: the whole store]
    #[arg(long = "licensee", value_name = "LICENSEE")]
    licensees: Vec<LicenseeId>,

    /// For a bundle: where to write it; a file that is there is not overwritten [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    kafka: KafkaArgs,
}

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum ExportFormat {
    /// JSON, a line each.
    #[default]
    Jsonl,
    /// A table.
    Csv,
    /// Messages with their lengths.
    Protobuf,
    /// Signed evidence.
    Bundle,
}

impl ExportFormat {
    /// How each event is written; `None` where they are written as one.
    const fn of_events(self) -> Option<EventFormat> {
        match self {
            Self::Jsonl => Some(EventFormat::Jsonl),
            Self::Csv => Some(EventFormat::Csv),
            Self::Protobuf => Some(EventFormat::Protobuf),
            Self::Bundle => None,
        }
    }
}

impl ExportArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        self.kafka.settings().or(self.store.settings())
    }

    fn check_options(&self) -> Result<(), ExportError> {
        let is_bundle = self.format == ExportFormat::Bundle;
        let options = [
            ("--from-kafka", self.from_kafka && is_bundle),
            ("--key", self.key.is_some() && !is_bundle),
            ("--licensee", !self.licensees.is_empty() && !is_bundle),
            ("--out", self.out.is_some() && !is_bundle),
        ];
        match options.into_iter().find(|(_, is_wrong)| *is_wrong) {
            Some((option, _)) => Err(ExportError::NotOfFormat { option }),
            None => Ok(()),
        }
    }
}

/// Why the events were not written to the end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store.
    #[error("the history cannot be read from the store: see the cause")]
    Store(#[from] JournalError),
    /// A commit of the store.
    #[error("commit {number} of shard {shard} cannot be read: the store is damaged, restore it from a backup")]
    Commit {
        /// The shard.
        shard: u16,
        /// The commit's number.
        number: u64,
        /// What is wrong with it.
        #[source]
        source: DamagedMessage,
    },
    /// A bundle without a key.
    #[error("a bundle is signed: give the private key with --key, or make one with usher seal --new-key FILE")]
    NoKey,
    /// An option that another format has.
    #[error("{option} does not go with this format: leave it out")]
    NotOfFormat {
        /// The option.
        option: &'static str,
    },
    /// The bundle.
    #[error(transparent)]
    Bundle(#[from] audit::WriteError),
    /// An event of the topic.
    #[error("an event of the topic cannot be read: take the events from the store")]
    FromTopic(#[from] DamagedMessage),
    /// An event that can't be shown.
    #[error("an event cannot be written in this format: use --format protobuf, or a newer version of usher")]
    Event(#[from] UnreadableEvent),
}

/// Does it.
pub fn run(args: &ExportArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    args.check_options()?;
    let Some(format) = args.format.of_events() else { return bundle::run(args, config) };
    let mut progress = Progress::endless();
    let mut writer = Writer::new(format, io::stdout().lock())?;
    let mut written = 0_u64;
    let mut write = |position: Position, event: &EventRef<'_>| -> Result<(), CommandError> {
        writer.write(position, event)?;
        written = written.saturating_add(1);
        progress.say(&|| format!("{written} events"));
        Ok(())
    };
    if args.from_kafka {
        for event in kafka::read_history(&required_kafka_settings(&config.settings)?)? {
            let (position, event) = event?;
            let encoded = event.encode_to_vec();
            write(position, &EventRef::read(&encoded).map_err(ExportError::from)?)?;
        }
    } else {
        let truth = Truth::open(&config.store_place(DEFAULT_FOLDER)?)?;
        stored::for_each_event(&*truth.journal, write)?;
    }
    writer.finish()?;
    progress.finish();
    Ok(ExitStatus::Done)
}
