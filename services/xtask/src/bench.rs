//! The benchmarks, from nothing but Rust.

use std::process::Command;

use crate::{
    command::{self, Failure, cargo, release_folder, root},
    packages::{self, BUILD, KAFKA, TEST},
};

/// What Usher is measured against: a workspace of its own (ADR 19).
const PEER: &str = "services/bench/peer/Cargo.toml";
/// Where it is built, below the target folder.
const PEER_TARGET: &str = "bench-peer";

/// Builds the benchmarks and what they measure, and runs them with further arguments.
///
/// # Errors
/// [`Failure`] if something can't be built, or a benchmark does not come to an end.
pub fn run(further: &[&str]) -> Result<(), Failure> {
    packages::install_missing(&[BUILD, TEST, KAFKA])?;
    command::run(cargo(&["build", "--release", "--locked", "--package", "usher", "--package", "bench"]))?;
    let built = release_folder().map_err(|error| Failure::NotStarted("bench".to_owned(), error))?;
    let peer_target = built.with_file_name(PEER_TARGET);
    let mut peer = cargo(&["build", "--release", "--locked", "--manifest-path", PEER]);
    peer.env("CARGO_TARGET_DIR", &peer_target);
    command::run(peer)?;
    let mut bench = Command::new(built.join("bench"));
    bench.args(further).arg("--usher").arg(built.join("usher"));
    bench.arg("--peer").arg(peer_target.join("release").join("peer"));
    command::run(bench)
}

/// Checks the format of the one crate that is not of this workspace.
///
/// # Errors
/// [`Failure`] if it is not formatted.
pub fn check_format() -> Result<(), Failure> {
    let manifest = root().join(PEER);
    command::run(cargo(&["fmt", "--check", "--manifest-path", &manifest.to_string_lossy()]))
}
