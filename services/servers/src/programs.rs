//! Programs of this machine.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Where Debian has programs that are not for everybody, and which is not on everybody's `PATH`.
const SYSTEM_FOLDERS: &[&str] = &["/usr/local/sbin", "/usr/sbin"];

/// Where a program is.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(SYSTEM_FOLDERS.iter().map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|program| is_program(program))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
