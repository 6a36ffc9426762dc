//! Where PostgreSQL is installed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Unavailable, error::checked, programs};

/// The oldest version that usher works with.
const OLDEST: u32 = 15;
/// Where Debian has the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// How to get it.
const MEND: &str = "install the Debian package postgresql (version 15 or later), or put initdb on the PATH";

/// One version of PostgreSQL on this machine.
#[derive(Debug)]
pub struct Installation {
    bin_dir: PathBuf,
    version: u32,
}

impl Installation {
    /// The newest that there is: one of Debian's, or else the one on the `PATH`.
    pub fn newest() -> Result<Self, Unavailable> {
        let found = Self::debian().or_else(Self::on_path);
        let bin_dir = found.ok_or(Unavailable::Missing { program: "initdb", mend: MEND })?;
        let said = Command::new(bin_dir.join("postgres")).arg("--version").output();
        let said = checked("postgres", &said.map_err(Unavailable::system("run postgres"))?)?;
        let version = major_version(&said).filter(|version| *version >= OLDEST);
        let found = said.trim().to_owned();
        let version = version.ok_or(Unavailable::TooOld { program: "postgres", found, least: OLDEST })?;
        Ok(Self { bin_dir, version })
    }

    /// One of its programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }

    /// Where its programs are.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// Its major version.
    pub fn version(&self) -> u32 {
        self.version
    }

    fn debian() -> Option<PathBuf> {
        let entries = fs::read_dir(DEBIAN).ok()?;
        let versions = entries.flatten().filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let bin_dir = entry.path().join("bin");
            // A client alone has a folder too.
            bin_dir.join("initdb").exists().then_some((version, bin_dir))
        });
        versions.max().map(|(_, bin_dir)| bin_dir)
    }

    fn on_path() -> Option<PathBuf> {
        let initdb = programs::find("initdb")?.canonicalize().ok()?;
        initdb.parent().map(Path::to_path_buf)
    }
}

/// The major version in "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)".
fn major_version(said: &str) -> Option<u32> {
    let (_, behind) = said.split_once("(PostgreSQL) ")?;
    behind.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        for (said, version) in [
            ("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18beta1\n", Some(18)),
            ("postgres (PostgreSQL) 9.6.24\n", Some(9)),
            ("something else 15", None),
        ] {
            assert_eq!(major_version(said), version, "{said}");
        }
    }
}
