//! Java.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Unavailable, programs};

/// The oldest version that Kafka's broker works with.
const OLDEST: u32 = 17;

/// Finds a Java that is new enough.
pub fn find() -> Result<PathBuf, Unavailable> {
    let mend = "install the Debian package default-jre-headless (version 17 or later)";
    let java = programs::find("java").ok_or(Unavailable::Missing { program: "java", mend })?;
    let output = Command::new(&java).arg("-version").output().map_err(Unavailable::system("run java"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if major_version(&said).is_some_and(|version| version >= OLDEST) {
        return Ok(java);
    }
    let found = said.lines().next().unwrap_or_default().to_owned();
    Err(Unavailable::TooOld { program: "java", found, least: OLDEST })
}

/// What every run of a class of Kafka's has in common: small, quick to start, and with all of its files in `folder`.
pub fn arguments(jars: &Path, folder: &Path, class: &str) -> Vec<String> {
    vec![
        "-Xmx512m".to_owned(),
        "-XX:+UseSerialGC".to_owned(),
        "-XX:TieredStopAtLevel=1".to_owned(),
        "-XX:-UsePerfData".to_owned(),
        format!("-Djava.io.tmpdir={}", folder.display()),
        format!("-Dlog4j2.configurationFile={}", folder.join("log4j2.properties").display()),
        "-cp".to_owned(),
        format!("{}/*", jars.display()),
        class.to_owned(),
    ]
}

/// The major version in `openjdk version "17.0.15" 2025-04-15`.
fn major_version(said: &str) -> Option<u32> {
    let (_, behind) = said.split_once("version \"")?;
    behind.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        for (said, version) in [
            ("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime", Some(17)),
            ("openjdk version \"21\" 2023-09-19", Some(21)),
            // Which is Java 8.
            ("java version \"1.8.0_202\"", Some(1)),
            ("nothing of the kind", None),
        ] {
            assert_eq!(major_version(said), version, "{said}");
        }
    }
}
