//! `usher mail`: what is not sent yet, and what is not going to be.

mod list;
mod retry;

use clap::{Args, Subcommand};

use super::Config;
use crate::{
    args::StoreArgs,
    config::Settings,
    error::CommandError,
    exit::ExitStatus,
    output::Format,
    store::{DEFAULT_FOLDER, StoreError, Told},
};

const EXAMPLES: &str = "\
A mail tells a user of a seat; its id is that of the event that gave it. One that the server puts
off, or that can't be sent for other reasons, is tried for two days; one that the server refuses for
good, at once no more. Then it is given up, until somebody has it sent again. Both commands also
work while usher serve runs; they look at what is kept beside the store, not at the store.

Examples:
  usher mail list
  usher mail list --given-up --format json
  usher mail retry --all
  usher mail retry 0193b2a4-7e0b-7cc2-8d3c-0a4f5e6b7c8d";

/// Shows mails that are not sent yet, and has those sent again that were given up
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MailCommandArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the mails that are not sent yet, the oldest seat first
    #[command(after_help = EXAMPLES)]
    List(list::ListArgs),
    /// Have mails sent again that were given up
    #[command(after_help = EXAMPLES)]
    Retry(retry::RetryArgs),
}

/// Where the store is, and how the result looks.
#[derive(Debug, Args)]
struct BesideArgs {
    #[command(flatten)]
    store: StoreArgs,

    /// How the result looks [env: USHER_FORMAT] [default: table]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

impl MailCommandArgs {
    /// What the command line says, as settings.
    pub fn settings(&self) -> Settings {
        let (Action::List(list::ListArgs { beside, .. }) | Action::Retry(retry::RetryArgs { beside, .. })) =
            &self.action;
        Settings { format: beside.format, ..beside.store.settings() }
    }
}

/// Does it.
pub fn run(args: &MailCommandArgs, config: &Config) -> Result<ExitStatus, CommandError> {
    let place = config.store_place(DEFAULT_FOLDER)?;
    let told = Told::beside(&place)?.ok_or(StoreError::NothingTold { place })?;
    match &args.action {
        Action::List(args) => list::run(args, &*told.mails, config),
        Action::Retry(args) => retry::run(args, &*told.mails, config),
    }
}

/// What is kept refuses.
fn cannot_tell(source: notify::NotifyError, config: &Config) -> CommandError {
    match config.store_place(DEFAULT_FOLDER) {
        Ok(place) => StoreError::Notify { place, source: Box::new(source) }.into(),
        Err(error) => error.into(),
    }
}
