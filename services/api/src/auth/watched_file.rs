//! A file that somebody may change while it is in use.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    time::SystemTime,
};

use parking_lot::Mutex;

use super::AuthError;

/// The largest file, bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A file that somebody may change.
pub(super) struct WatchedFile {
    path: PathBuf,
    seen: Mutex<Stamp>,
}

/// What tells one version of a file from another; `None` of one that is not there.
type Stamp = Option<(SystemTime, u64)>;

impl WatchedFile {
    /// The file, and what stands in it now.
    pub(super) fn open(path: &Path) -> Result<(Self, String), AuthError> {
        // Whatever is written after this has a later stamp, and is read again.
        let seen = stamp_of(path);
        let text = read(path)?;
        Ok((Self { path: path.to_owned(), seen: Mutex::new(seen) }, text))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What stands in it, once for each change.
    pub(super) fn read_if_changed(&self) -> Result<Option<String>, AuthError> {
        let stamp = stamp_of(&self.path);
        if std::mem::replace(&mut *self.seen.lock(), stamp) == stamp {
            return Ok(None);
        }
        read(&self.path).map(Some)
    }
}

fn stamp_of(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn read(path: &Path) -> Result<String, AuthError> {
    read_bounded(path).map_err(|source| AuthError::Unreadable { path: path.to_owned(), source })
}

fn read_bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_version_is_given_once_and_a_missing_one_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        fs::write(&path, "one").unwrap();
        let (file, text) = WatchedFile::open(&path).unwrap();
        assert_eq!((text.as_str(), file.read_if_changed().unwrap()), ("one", None));
        fs::write(&path, "longer").unwrap();
        assert_eq!(file.read_if_changed().unwrap().as_deref(), Some("longer"));
        assert_eq!(file.read_if_changed().unwrap(), None);
        fs::remove_file(&path).unwrap();
        assert!(file.read_if_changed().is_err());
        assert_eq!(file.read_if_changed().unwrap(), None);
        fs::write(&path, "back").unwrap();
        assert_eq!(file.read_if_changed().unwrap().as_deref(), Some("back"));
    }

    #[test]
    fn a_file_of_any_size_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        fs::write(&path, vec![b' '; FILE_BYTES_MAX as usize + 1]).unwrap();
        assert!(matches!(WatchedFile::open(&path), Err(AuthError::Unreadable { .. })));
    }
}
