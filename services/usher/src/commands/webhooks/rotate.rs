//! `usher webhooks rotate`.

use clap::Args;
use serde_json::json;

use super::{Asked, OneArgs, add::print_with_secret};
use crate::{error::CommandError, exit::ExitStatus};

/// Whose secret is changed.
#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    pub(super) one: OneArgs,

    /// For how many hours events are signed with the secret before, too
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(..=8_760))]
    old_valid_hours: u32,
}

/// Does it.
pub(super) fn run(args: &RotateArgs, asked: &Asked<'_>) -> Result<ExitStatus, CommandError> {
    let body = json!({ "old_valid_s": args.old_valid_hours.saturating_mul(3_600) });
    print_with_secret(asked, &asked.post(&args.one.target(Some("rotate")), &body)?)
}
