//! Programs of others that are built from their published source, at a pinned version.

use std::{path::PathBuf, process::Command};

use crate::command::{Failure, cargo, root, run};

/// A program from crates.io.
pub struct Tool {
    /// Its name, which is its crate's.
    pub name: &'static str,
    /// Pinned, so that the same checkout is judged the same way tomorrow.
    pub version: &'static str,
    /// What to install it with, besides.
    pub options: &'static [&'static str],
}

impl Tool {
    /// Where it is; built into the target folder first, if it is not there.
    ///
    /// # Errors
    /// [`Failure`] when it can't be built.
    pub fn installed(&self) -> Result<PathBuf, Failure> {
        let Self { name, version, options } = self;
        let folder = root().join("target").join("tools").join(format!("{name}-{version}"));
        let program = folder.join("bin").join(name);
        if program.exists() {
            return Ok(program);
        }
        if let Some(known) = self.on_path() {
            return Ok(known);
        }
        let mut install = cargo(&["install", name, "--locked", "--version", version]);
        install.args(*options).arg("--root").arg(&folder);
        run(install)?;
        Ok(program)
    }

    /// The same version, if somebody has installed it.
    fn on_path(&self) -> Option<PathBuf> {
        let output = Command::new(self.name).arg("--version").output().ok()?;
        let is_same = String::from_utf8_lossy(&output.stdout).split_whitespace().any(|word| word == self.version);
        is_same.then(|| PathBuf::from(self.name))
    }
}
