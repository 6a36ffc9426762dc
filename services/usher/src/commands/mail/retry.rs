//! `usher mail retry`.

use clap::Args;
use notify::mail::{MailQueue, Which};
use serde_json::json;
use uuid::Uuid;

use super::{BesideArgs, cannot_tell};
use crate::{
    commands::Config,
    error::CommandError,
    exit::ExitStatus,
    output::{self, Format},
};

/// Which mails are sent again.
#[derive(Debug, Args)]
pub(super) struct RetryArgs {
    /// Ids as the list shows them
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<Uuid>,

    /// All that were given up
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    pub(super) beside: BesideArgs,
}

/// Does it.
pub(super) fn run(args: &RetryArgs, mails: &dyn MailQueue, config: &Config) -> Result<ExitStatus, CommandError> {
    let which = if args.all { Which::All } else { Which::These(args.ids.clone()) };
    let retried = mails.retry(&which).map_err(|source| cannot_tell(source, config))?;
    match config.format() {
        Format::Json => output::line(&json!({ "retried": retried }).to_string())?,
        Format::Table => output::line(&format!("sent again: {retried}"))?,
    }
    let expected = if args.all { 0 } else { args.ids.len() as u64 };
    Ok(if retried < expected { ExitStatus::Problem } else { ExitStatus::Done })
}
