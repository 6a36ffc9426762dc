//! The programs and libraries of the system that builds and tests need.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

use crate::command::{Failure, run};

/// The oldest Java that Kafka's broker works with.
const JAVA_OLDEST: u32 = 17;

/// A Debian package, and how one sees that it, or what stands in for it, is there.
pub struct Package {
    name: &'static str,
    sign: Sign,
}

/// What shows that a package is there.
enum Sign {
    /// A program on the `PATH`, or where Debian has those that are not for everybody.
    Program(&'static str),
    /// A file, or a folder.
    File(&'static str),
    /// A PostgreSQL server: clients alone lie in the same place.
    PostgresServer,
    /// A Java that is new enough, wherever it is from.
    Java,
}

/// What it takes to build everything.
pub const BUILD: &[Package] = &[
    Package { name: "gcc", sign: Sign::Program("cc") },
    Package { name: "g++", sign: Sign::Program("c++") },
    Package { name: "make", sign: Sign::Program("make") },
    Package { name: "libc6-dev", sign: Sign::File("/usr/include/stdlib.h") },
    Package { name: "libssl-dev", sign: Sign::File("/usr/include/openssl/ssl.h") },
    Package { name: "pkg-config", sign: Sign::Program("pkg-config") },
];

/// What the tests need besides.
pub const TEST: &[Package] = &[
    Package { name: "openssl", sign: Sign::Program("openssl") },
    Package { name: "postgresql", sign: Sign::PostgresServer },
    Package { name: "python3", sign: Sign::Program("python3") },
    Package { name: "pgbouncer", sign: Sign::Program("pgbouncer") },
];

/// What the tests on Apache Kafka need besides.
pub const KAFKA: &[Package] = &[
    Package { name: "maven", sign: Sign::Program("mvn") },
    Package { name: "default-jre-headless", sign: Sign::Java },
    Package { name: "kcat", sign: Sign::Program("kcat") },
];

/// What counting instructions needs besides.
pub const INSTRUCTIONS: &[Package] = &[Package { name: "valgrind", sign: Sign::Program("valgrind") }];

/// What the tests in a browser need besides.
pub const BROWSER: &[Package] = &[
    Package { name: "chromium", sign: Sign::Program("chromium") },
    Package { name: "chromium-driver", sign: Sign::Program("chromedriver") },
    Package { name: "curl", sign: Sign::Program("curl") },
    Package { name: "ca-certificates", sign: Sign::File("/etc/ssl/certs/ca-certificates.crt") },
];

/// Installs what is missing, where `apt-get` can; elsewhere says what is missing and goes on, as it may be there under
/// another name.
///
/// # Errors
/// [`Failure`] when the installation fails.
pub fn install_missing(packages: &[&[Package]]) -> Result<(), Failure> {
    let wanted = packages.iter().copied().flatten();
    let missing: Vec<&str> = wanted.filter(|package| !package.sign.is_seen()).map(|package| package.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let Some(rights) = Rights::found() else {
        let names = missing.join(" ");
        eprintln!(
            "not found: {names}: if a step below fails for it, install it, on Debian with apt-get install {names}"
        );
        return Ok(());
    };
    eprintln!("not found, and installed now: {}", missing.join(" "));
    run(rights.apt_get(&["update", "-qq"]))?;
    let mut install = rights.apt_get(&["install", "-qq", "--yes", "--no-install-recommends"]);
    install.args(missing);
    run(install)
}

impl Sign {
    fn is_seen(&self) -> bool {
        match self {
            Self::Program(name) => is_on_path(name),
            Self::File(path) => Path::new(path).exists(),
            Self::PostgresServer => is_on_path("initdb") || has_postgres(Path::new("/usr/lib/postgresql")),
            Self::Java => java_version().is_some_and(|version| version >= JAVA_OLDEST),
        }
    }
}

/// How packages may be installed here.
enum Rights {
    Root,
    /// Through `sudo`, which does not ask for a password.
    Sudo,
}

impl Rights {
    /// `None` where there is no `apt-get`, or we may not use it.
    fn found() -> Option<Self> {
        if !is_on_path("apt-get") {
            return None;
        }
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"));
        if is_root {
            return Some(Self::Root);
        }
        let mut sudo = Command::new("sudo");
        sudo.args(["--non-interactive", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
        sudo.status().is_ok_and(|status| status.success()).then_some(Self::Sudo)
    }

    fn apt_get(&self, arguments: &[&str]) -> Command {
        let mut command = match self {
            Self::Root => Command::new("env"),
            Self::Sudo => {
                let mut sudo = Command::new("sudo");
                // The variable is set behind sudo, which would drop it.
                sudo.args(["--non-interactive", "env"]);
                sudo
            }
        };
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(arguments);
        command
    }
}

fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let for_everybody = env::split_paths(&path).any(|folder| folder.join(program).exists());
    for_everybody || Path::new("/usr/sbin").join(program).exists()
}

/// Whether some version in Debian's folder has a server.
fn has_postgres(versions: &Path) -> bool {
    let Ok(versions) = versions.read_dir() else { return false };
    versions.flatten().any(|version| version.path().join("bin").join("initdb").exists())
}

fn java_version() -> Option<u32> {
    let output = Command::new("java").arg("-version").output().ok()?;
    java_version_in(&String::from_utf8_lossy(&output.stderr))
}

/// The major version in `openjdk version "17.0.15" 2025-04-15`.
fn java_version_in(said: &str) -> Option<u32> {
    let (_, behind) = said.split_once("version \"")?;
    behind.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_seen_where_they_are() {
        assert!(Sign::Program("sh").is_seen());
        assert!(!Sign::Program("no-such-program").is_seen());
        assert!(Sign::File("/usr").is_seen());
        assert!(!Sign::File("/no/such/file").is_seen());
    }

    #[test]
    fn versions_of_java_are_read() {
        let said = "openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime Environment";
        assert_eq!(java_version_in(said), Some(17));
        assert_eq!(java_version_in("java version \"1.8.0_202\""), Some(1));
        assert_eq!(java_version_in("command not found"), None);
    }
}
