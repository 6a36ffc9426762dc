//! `usher webhooks remove`.

use serde_json::Value;

use super::{Asked, OneArgs};
use crate::{error::CommandError, exit::ExitStatus};

/// Does it. That there is none of this id is a problem, as it may be mistyped.
pub(super) fn run(args: &OneArgs, asked: &Asked<'_>) -> Result<ExitStatus, CommandError> {
    let answer: Value = asked.client.delete(&args.target(None))?;
    asked.print(&answer)?;
    Ok(if answer["removed"] == true { ExitStatus::Done } else { ExitStatus::Problem })
}
