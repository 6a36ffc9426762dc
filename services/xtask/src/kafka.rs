//! What the tests on Apache Kafka need, before they start: none of them has to wait for Maven.

use std::process::{Command, Stdio};

use crate::{
    command::{Failure, cargo, shown},
    packages::{self, KAFKA},
};

/// The variable by which `servers` is told that there is no Kafka, and why.
const SWITCHED_OFF: &str = "WITHOUT_KAFKA";
/// What is in the paths of all tests that need a broker, and of no other.
const MARK: &str = "on_kafka::";

/// Whether there is a Kafka to test on.
pub enum Kafka {
    /// It is fetched.
    There,
    /// It can't be had.
    Missing {
        /// Why.
        reason: String,
    },
}

impl Kafka {
    /// Installs and fetches what isn't there.
    ///
    /// # Errors
    /// [`Failure`] when the program that fetches can't be built.
    pub fn fetch() -> Result<Self, Failure> {
        if let Err(failure) = packages::install_missing(&[KAFKA]) {
            return Ok(Self::Missing { reason: failure.to_string() });
        }
        crate::command::run(cargo(&["build", "--locked", "--package", "servers"]))?;
        let mut fetch = cargo(&["run", "--quiet", "--locked", "--package", "servers", "--", "fetch-kafka"]);
        let step = shown(&fetch);
        eprintln!("==> {step}");
        let output = fetch.stdout(Stdio::null()).output().map_err(|error| Failure::NotStarted(step, error))?;
        if output.status.success() {
            return Ok(Self::There);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        eprintln!("{said}");
        let reason = said.lines().find(|line| line.contains("error")).unwrap_or("it cannot be fetched");
        Ok(Self::Missing { reason: reason.trim_start_matches("error: ").to_owned() })
    }

    /// Leaves tests out that cannot run.
    pub fn restrict(&self, tests: &mut Command) {
        if let Self::Missing { reason } = self {
            tests.args(["--", "--skip", MARK]).env(SWITCHED_OFF, reason);
        }
    }

    /// The closing line, if tests were left out.
    pub fn closing_line(&self, left_out: u64) -> Option<String> {
        match self {
            Self::There => None,
            Self::Missing { reason } => Some(format!("not run: {left_out} tests on Apache Kafka: {reason}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(kafka: &Kafka) -> Vec<String> {
        let mut command = Command::new("cargo");
        kafka.restrict(&mut command);
        command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn nothing_is_left_out_where_kafka_is() {
        assert!(arguments(&Kafka::There).is_empty());
        assert_eq!(Kafka::There.closing_line(3), None);
    }

    #[test]
    fn what_is_left_out_is_told_with_the_reason() {
        let missing = Kafka::Missing { reason: "no network".to_owned() };
        assert_eq!(arguments(&missing), ["--", "--skip", "on_kafka::"]);
        assert_eq!(missing.closing_line(3).as_deref(), Some("not run: 3 tests on Apache Kafka: no network"));
    }
}
