//! The fault tests many times over: what goes wrong once in ten runs is wrong.

use crate::{
    command::{self, Failure, cargo},
    packages::{self, BUILD, KAFKA, TEST},
};

/// Runs the fault tests so many times in a row.
///
/// # Errors
/// [`Failure`] of the first run that fails.
pub fn run(times: u32) -> Result<(), Failure> {
    packages::install_missing(&[BUILD, TEST, KAFKA])?;
    for time in 1..=times {
        eprintln!("==> fault tests, {time} of {times}");
        let arguments = ["test", "--locked", "--package", "usher", "--test", "faults", "--", "--test-threads", "1"];
        command::run(cargo(&arguments))?;
    }
    Ok(())
}
