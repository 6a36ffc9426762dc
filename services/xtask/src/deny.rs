//! Licences and sources of dependencies, and which are there twice.

use std::{path::PathBuf, process::Command};

use crate::command::{Failure, cargo, root, run};

/// Pinned, so that the same checkout is judged the same way tomorrow.
const VERSION: &str = "0.20.2";

/// Checks the dependencies by `.config/deny.toml`; installs `cargo-deny` into the target folder first, if it is not
/// there. Known vulnerabilities are not looked up: their database cannot be reached everywhere.
///
/// # Errors
/// [`Failure`] when it can't be installed or finds something.
pub fn check() -> Result<(), Failure> {
    let program = installed()?;
    let mut command = Command::new(program);
    command.current_dir(root()).args(["--locked", "--all-features", "--config", ".config/deny.toml", "check"]);
    command.args(["--hide-inclusion-graph", "bans", "licenses", "sources"]);
    run(command)?;
    eprintln!("not run: advisories (their database is not on the machine; run cargo deny check advisories online)");
    Ok(())
}

fn installed() -> Result<PathBuf, Failure> {
    let folder = root().join("target").join("tools").join(format!("cargo-deny-{VERSION}"));
    let program = folder.join("bin").join("cargo-deny");
    if program.exists() {
        return Ok(program);
    }
    if let Some(known) = on_path() {
        return Ok(known);
    }
    let mut install = cargo(&["install", "cargo-deny", "--locked", "--no-default-features", "--version", VERSION]);
    install.arg("--root").arg(&folder);
    run(install)?;
    Ok(program)
}

/// The same version, if somebody has installed it.
fn on_path() -> Option<PathBuf> {
    let output = Command::new("cargo-deny").arg("--version").output().ok()?;
    let is_same = String::from_utf8_lossy(&output.stdout).split_whitespace().any(|word| word == VERSION);
    is_same.then(|| PathBuf::from("cargo-deny"))
}
