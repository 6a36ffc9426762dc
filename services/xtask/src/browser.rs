//! What the tests in a browser need, before they start.

use std::process::{Command, Stdio};

use crate::{
    command::{Failure, cargo, shown},
    packages::{self, BROWSER},
};

/// What is in the paths of all tests in a browser, and of no other.
const MARK: &str = "in_a_browser::";
/// What is in the paths of those among them that need axe-core.
const AXE_MARK: &str = "in_a_browser::accessibility::";
/// The variable by which `servers` is told that there is no browser, and why.
const SWITCHED_OFF: &str = "WITHOUT_BROWSER";

/// Whether there is a browser to test in.
pub enum Browser {
    /// It is there, and so is what checks for accessibility.
    There,
    /// What checks for accessibility can't be had.
    WithoutAxe {
        /// Why.
        reason: String,
    },
    /// It can't be had.
    Missing {
        /// Why.
        reason: String,
    },
}

impl Browser {
    /// Installs and fetches what isn't there.
    ///
    /// # Errors
    /// [`Failure`] when the program that fetches can't be built.
    pub fn fetch() -> Result<Self, Failure> {
        if let Err(failure) = packages::install_missing(&[BROWSER]) {
            return Ok(Self::Missing { reason: failure.to_string() });
        }
        let mut fetch = cargo(&["run", "--quiet", "--locked", "--package", "servers", "--", "fetch-axe"]);
        let step = shown(&fetch);
        eprintln!("==> {step}");
        let output = fetch.stdout(Stdio::null()).output().map_err(|error| Failure::NotStarted(step, error))?;
        if output.status.success() {
            return Ok(Self::There);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        eprintln!("{said}");
        let reason = said.lines().find(|line| line.contains("error")).unwrap_or("it cannot be fetched");
        Ok(Self::WithoutAxe { reason: reason.trim_start_matches("error: ").to_owned() })
    }

    /// Leaves tests out that cannot run.
    pub fn restrict(&self, tests: &mut Command) {
        let mark = match self {
            Self::There => return,
            Self::WithoutAxe { .. } => AXE_MARK,
            Self::Missing { .. } => MARK,
        };
        // Somebody else may have left something out before.
        if !tests.get_args().any(|argument| argument == "--") {
            tests.arg("--");
        }
        tests.args(["--skip", mark]);
        if let Self::Missing { reason } = self {
            tests.env(SWITCHED_OFF, reason);
        }
    }

    /// The closing line, if tests were left out.
    pub fn closing_line(&self) -> Option<String> {
        match self {
            Self::There => None,
            Self::WithoutAxe { reason } => Some(format!("not run: the tests of accessibility with axe-core: {reason}")),
            Self::Missing { reason } => Some(format!("not run: the tests in a browser: {reason}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(browser: &Browser, before: &[&str]) -> Vec<String> {
        let mut command = Command::new("cargo");
        command.args(before);
        browser.restrict(&mut command);
        command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn nothing_is_left_out_where_the_browser_is() {
        assert!(arguments(&Browser::There, &[]).is_empty());
        assert_eq!(Browser::There.closing_line(), None);
    }

    #[test]
    fn what_is_left_out_is_told_with_the_reason() {
        let missing = Browser::Missing { reason: "no network".to_owned() };
        assert_eq!(arguments(&missing, &[]), ["--", "--skip", "in_a_browser::"]);
        let without_axe = Browser::WithoutAxe { reason: "no network".to_owned() };
        let before = ["--", "--skip", "on_kafka::"];
        let both = ["--", "--skip", "on_kafka::", "--skip", "in_a_browser::accessibility::"];
        assert_eq!(arguments(&without_axe, &before), both);
        for browser in [missing, without_axe] {
            assert!(browser.closing_line().is_some_and(|line| line.contains("no network")));
        }
    }
}
