//! The files of a database, for whoever keeps something in a file of theirs.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A file that SQLite keeps beside a database: its name with `suffix` behind it.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Removes a file, unless there is none.
///
/// # Errors
/// What the system says.
pub fn remove_if_exists(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
