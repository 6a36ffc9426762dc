//! Licences and sources of dependencies, and which are there twice.

use std::process::Command;

use crate::{
    command::{Failure, root, run},
    tools::Tool,
};

const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", options: &["--no-default-features"] };

/// Checks the dependencies by `.config/deny.toml`; installs `cargo-deny` into the target folder first, if it is not
/// there. Known vulnerabilities are not looked up: their database cannot be reached everywhere.
///
/// # Errors
/// [`Failure`] when it can't be installed or finds something.
pub fn check() -> Result<(), Failure> {
    let program = DENY.installed()?;
    let mut command = Command::new(program);
    command.current_dir(root()).args(["--locked", "--all-features", "--config", ".config/deny.toml", "check"]);
    command.args(["--hide-inclusion-graph", "bans", "licenses", "sources"]);
    run(command)?;
    eprintln!("not run: advisories (their database is not on the machine; run cargo deny check advisories online)");
    Ok(())
}
