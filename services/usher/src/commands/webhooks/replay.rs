//! `usher webhooks replay`.

use clap::Args;
use serde_json::json;

use super::{Asked, OneArgs};
use crate::{error::CommandError, exit::ExitStatus};

/// What is posted again.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    #[command(flatten)]
    pub(super) one: OneArgs,

    /// The position of the first event to be posted, as the history shows it; or beginning, for all there ever were
    #[arg(long, value_name = "POSITION")]
    from: String,
}

/// Does it.
pub(super) fn run(args: &ReplayArgs, asked: &Asked<'_>) -> Result<ExitStatus, CommandError> {
    asked.print(&asked.post(&args.one.target(Some("replay")), &json!({ "from": args.from }))?)?;
    Ok(ExitStatus::Done)
}
