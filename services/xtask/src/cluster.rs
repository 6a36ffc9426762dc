//! Several nodes with real servers, from nothing but Rust.

use std::process::Command;

use crate::{
    command::{self, Failure, cargo, release_folder, root},
    packages::{self, BUILD, KAFKA, TEST},
};

/// What the program is tried with.
const SAMPLE: &str = "services/usher/sample/rails-2020-2026.jsonl.gz";

/// Builds the program and runs the rehearsal with further arguments.
///
/// # Errors
/// [`Failure`] if it can't be built, or does not end well.
pub fn up(further: &[&str]) -> Result<(), Failure> {
    packages::install_missing(&[BUILD, TEST, KAFKA])?;
    command::run(cargo(&["build", "--release", "--locked", "--package", "usher", "--package", "rehearsal"]))?;
    let built = release_folder().map_err(|error| Failure::NotStarted("rehearsal".to_owned(), error))?;
    let mut up = Command::new(built.join("rehearsal"));
    up.arg("up").arg("--usher").arg(built.join("usher")).arg("--sample").arg(root().join(SAMPLE)).args(further);
    command::run(up)
}
