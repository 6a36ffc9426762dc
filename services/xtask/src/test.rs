//! Everything that a change has to pass.

use crate::{
    command::{self, Failure, cargo},
    deny,
};

/// Runs all checks and tests, the quick ones first; stops at the first that fails.
///
/// # Errors
/// [`Failure`] of that one.
pub fn run() -> Result<(), Failure> {
    command::run(cargo(&["fmt", "--all", "--check"]))?;
    command::run(cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    deny::check()?;
    command::run(cargo(&["test", "--workspace", "--locked"]))
}
