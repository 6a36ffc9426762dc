//! The programs and libraries of the system that builds and tests need.

use std::{path::Path, process::Command};

use crate::command::{Failure, run};

/// A Debian package, and how one sees that it is there: a file, or any file that begins so.
struct Package {
    name: &'static str,
    sign: &'static str,
}

const NEEDED: &[Package] = &[
    Package { name: "gcc", sign: "/usr/bin/cc" },
    Package { name: "libssl-dev", sign: "/usr/include/openssl/ssl.h" },
    Package { name: "pkg-config", sign: "/usr/bin/pkg-config" },
    Package { name: "openssl", sign: "/usr/bin/openssl" },
    Package { name: "postgresql", sign: "/usr/lib/postgresql" },
    Package { name: "pgbouncer", sign: "/usr/sbin/pgbouncer" },
];

/// Installs what is missing, where `apt-get` can; elsewhere says what is missing and goes on, as it may be there under
/// another name.
///
/// # Errors
/// [`Failure`] when the installation fails.
pub fn install_missing() -> Result<(), Failure> {
    let missing: Vec<&str> =
        NEEDED.iter().filter(|package| !Path::new(package.sign).exists()).map(|package| package.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !Path::new("/usr/bin/apt-get").exists() {
        eprintln!("not found: {} (install them if a step below misses them)", missing.join(", "));
        return Ok(());
    }
    run(apt_get(&["update", "-qq"]))?;
    let mut install = apt_get(&["install", "-qq", "--yes", "--no-install-recommends"]);
    install.args(missing);
    run(install)
}

/// As root directly, otherwise through sudo, which may ask for a password.
fn apt_get(arguments: &[&str]) -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"));
    let mut command = if is_root {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("apt-get");
        sudo
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}
