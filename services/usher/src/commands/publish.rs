//! `usher publish`: sends files of messages to Kafka.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kafka::{DataForm, Publisher};

use super::Config;
use crate::{
    args::KafkaArgs,
    config::{Settings, required_kafka_settings},
    error::CommandError,
    exit::ExitStatus,
    feed::{FeedError, Input, Line, Lines, Sources},
    output,
    progress::Progress,
};

const EXAMPLES: &str = "\
Each message goes to the topic of its type, in CloudEvents' binary mode, with its licensee or user
as the key: what billing and the user directory would do. The topics have to be there: usher serve
--kafka makes them. What is no such message is sent as it stands, to be found among the dead
letters later. The last line of standard output counts, such as
  {\"sent\":19560,\"as_they_stood\":0}

Examples:
  usher publish --kafka broker-1:9092 messages.jsonl
  zcat messages.jsonl.gz | usher publish --kafka broker-1:9092 --body protobuf -";

/// Sends CloudEvents from JSON Lines files to Kafka
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PublishArgs {
    #[command(flatten)]
    kafka: KafkaArgs,

    /// How the data of a message is sent
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    body: Body,

    /// Files with a CloudEvent in JSON on each line, also compressed with gzip; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// How the data of a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Body {
    /// As JSON.
    #[default]
    Json,
    /// As protobuf.
    Protobuf,
}

impl PublishArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        self.kafka.settings()
    }
}

/// Does it.
pub fn run(args: &PublishArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let settings = required_kafka_settings(&config.settings)?;
    let sources = Sources::of(&args.files);
    let mut progress = Progress::of_bytes(sources.bytes_total()?);
    let form = match args.body {
        Body::Json => DataForm::Json,
        Body::Protobuf => DataForm::Protobuf,
    };
    let mut publisher = Publisher::new(&settings, form)?;
    for source in sources {
        publish(&mut publisher, source.open()?, &mut progress)?;
    }
    let published = publisher.finish()?;
    progress.finish();
    output::json_line(&published)?;
    Ok(ExitStatus::Done)
}

fn publish(publisher: &mut Publisher, input: Input, progress: &mut Progress) -> Result<(), CommandError> {
    let Input { name, bytes } = input;
    let unreadable = |source| FeedError::Unreadable { name: name.clone(), source };
    let mut lines = Lines::of(progress.counting(bytes)).map_err(unreadable)?;
    let mut number = 0_u64;
    while let Some(line) = lines.next().map_err(unreadable)? {
        number = number.saturating_add(1);
        match line {
            Line::Whole(line) => publisher.send(line)?,
            Line::TooLong => return Err(FeedError::LineTooLong { name, number }.into()),
        }
        progress.say(&|| format!("{number} messages"));
    }
    Ok(())
}
