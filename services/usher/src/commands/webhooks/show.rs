//! `usher webhooks show`.

use super::{Asked, OneArgs};
use crate::{error::CommandError, exit::ExitStatus};

/// Does it.
pub(super) fn run(args: &OneArgs, asked: &Asked<'_>) -> Result<ExitStatus, CommandError> {
    asked.print(&asked.get(&args.target(None))?)?;
    Ok(ExitStatus::Done)
}
