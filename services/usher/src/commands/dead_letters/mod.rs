//! `usher dead-letters`: what was refused or could not be read, and sending it again.

mod list;
mod retry;

use clap::{Args, Subcommand};
use kafka::dead_letters::{Filter, LetterId};

use super::Config;
use crate::{
    args::KafkaArgs,
    config::{Settings, required_kafka_settings},
    error::CommandError,
    exit::ExitStatus,
    output::Format,
};

const EXAMPLES: &str = "\
A dead letter is a message from Kafka that was refused (its code says why) or could not be read. It
lies in the topic usher.dead-letters.v1 as it came. Sent again, it gets a new id, such as
m-17~retry-1, since under the old one it stays refused.

Examples:
  usher dead-letters list --kafka broker-1:9092
  usher dead-letters list --code unknown_licensee --not-retried --format json
  usher dead-letters retry --kafka broker-1:9092 --code unknown_licensee
  usher dead-letters retry --kafka broker-1:9092 3/17";

/// Shows messages that were refused or could not be read, and sends them again
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DeadLettersArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the dead letters, oldest first within a partition
    #[command(after_help = EXAMPLES)]
    List(SelectionArgs),
    /// Send dead letters again, once each, unless they are named by their ids
    #[command(after_help = EXAMPLES)]
    Retry(SelectionArgs),
}

/// Which dead letters are meant; all that is given has to fit.
#[derive(Debug, Args)]
struct SelectionArgs {
    /// Ids as the list shows them, such as 3/17
    #[arg(value_name = "ID")]
    ids: Vec<LetterId>,

    /// Only those refused with this code
    #[arg(long, value_name = "CODE")]
    code: Option<String>,

    /// Only those that came by this topic
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,

    /// Only those with this key: a licensee or user
    #[arg(long, value_name = "KEY")]
    key: Option<String>,

    /// Only those that were not sent again yet
    #[arg(long)]
    not_retried: bool,

    #[command(flatten)]
    kafka: KafkaArgs,

    /// How the result looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl SelectionArgs {
    fn filter(&self) -> Filter {
        Filter {
            ids: self.ids.clone(),
            code: self.code.clone(),
            topic: self.topic.clone(),
            key: self.key.clone(),
            retried: self.not_retried.then_some(false),
        }
    }
}

impl DeadLettersArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        let (Action::List(selection) | Action::Retry(selection)) = &self.action;
        Settings { format: selection.format, ..selection.kafka.settings() }
    }
}

/// Does it.
pub fn run(args: &DeadLettersArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let settings = required_kafka_settings(&config.settings)?;
    match &args.action {
        Action::List(selection) => list::run(&settings, selection.filter(), config.format()),
        Action::Retry(selection) => retry::run(&settings, selection.filter(), config.format()),
    }
}
