//! `usher webhooks enable`.

use serde_json::json;

use super::{Asked, OneArgs};
use crate::{error::CommandError, exit::ExitStatus};

/// Does it.
pub(super) fn run(args: &OneArgs, asked: &Asked<'_>) -> Result<ExitStatus, CommandError> {
    asked.print(&asked.post(&args.target(Some("enable")), &json!({}))?)?;
    Ok(ExitStatus::Done)
}
