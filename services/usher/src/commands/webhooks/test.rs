//! `usher webhooks test`.

use serde_json::json;

use super::{Asked, OneArgs};
use crate::{error::CommandError, exit::ExitStatus};

/// Does it. That the message was not taken is a problem.
pub(super) fn run(args: &OneArgs, asked: &Asked<'_>) -> Result<ExitStatus, CommandError> {
    let answer = asked.post(&args.target(Some("test")), &json!({}))?;
    asked.print(&answer)?;
    Ok(if answer["delivered"] == true { ExitStatus::Done } else { ExitStatus::Problem })
}
