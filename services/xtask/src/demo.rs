//! The demo, from nothing but Rust.

use crate::{
    command::{self, Failure, cargo},
    packages::{self, BUILD},
};

/// Builds the program and runs `usher demo` with further arguments.
///
/// # Errors
/// [`Failure`] if it can't be built, or does not end well.
pub fn run(further: &[&str]) -> Result<(), Failure> {
    packages::install_missing(&[BUILD])?;
    let mut demo = cargo(&["run", "--release", "--locked", "--package", "usher", "--", "demo"]);
    demo.args(further);
    command::run(demo)
}
