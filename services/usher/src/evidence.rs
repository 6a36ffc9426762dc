//! Files of evidence: keys, seals, bundles.

use std::{
    fs::{File, Permissions},
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use audit::{BundleError, KeyError, SealError, SignedSeal, SigningKey, VerifyingKey};
use tempfile::{Builder, NamedTempFile};

/// The largest file of a key, bytes.
const KEY_BYTES_MAX: usize = 64 * 1024;
/// Only its owner may read it.
const PRIVATE: u32 = 0o600;
/// Whoever the system lets by default may read it.
const PUBLIC: u32 = 0o666;
/// The rights of all but the owner.
const RIGHTS_OF_OTHERS: u32 = 0o077;

/// Why a file of evidence can't be worked with.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// It can't be read.
    #[error("cannot read {path:?}: check that it exists and may be read")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is longer than such a file is.
    #[error("{path:?} has more than {bytes_max} bytes: this is another file")]
    TooLong {
        /// Which.
        path: PathBuf,
        /// How long it may be.
        bytes_max: usize,
    },
    /// It is there already.
    #[error("{path:?} is there already, and evidence is never overwritten: give another name")]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// It can't be written.
    #[error("cannot write {path:?}: check that its folder exists, may be written and has room")]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It holds no key that can be used.
    #[error("the key in {path:?} cannot be used")]
    Key {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// It is no seal.
    #[error("the seal in {path:?} cannot be checked")]
    Seal {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: SealError,
    },
    /// It can't be checked as a bundle.
    #[error("the bundle {path:?} cannot be checked")]
    Bundle {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: BundleError,
    },
    /// A key to check nothing with.
    #[error("--public-key is for a seal or a bundle: give --seal or --bundle too, or leave it out")]
    NothingSigned,
    /// No key could be made.
    #[error("no key can be made")]
    NoKey(#[source] KeyError),
}

impl EvidenceError {
    /// Whether the question itself was wrong.
    pub const fn is_wrong_usage(&self) -> bool {
        matches!(self, Self::Exists { .. } | Self::Key { .. } | Self::NothingSigned)
    }
}

/// Reads the key that signs; somebody is told if others may read it too.
pub fn signing_key(path: &Path) -> Result<SigningKey, EvidenceError> {
    let pem = read(path, KEY_BYTES_MAX)?;
    let mode = path.metadata().map_or(PRIVATE, |metadata| metadata.permissions().mode());
    if mode & RIGHTS_OF_OTHERS != 0 {
        tracing::warn!(?path, "others than its owner may read the key: chmod 600 it");
    }
    SigningKey::from_pem(&pem).map_err(|source| EvidenceError::Key { path: path.to_owned(), source })
}

/// Reads the key that seals are checked with, if there is one.
pub fn verifying_key(path: Option<&Path>) -> Result<Option<VerifyingKey>, EvidenceError> {
    let Some(path) = path else { return Ok(None) };
    let read = VerifyingKey::from_pem(&read(path, KEY_BYTES_MAX)?);
    read.map(Some).map_err(|source| EvidenceError::Key { path: path.to_owned(), source })
}

/// Reads a seal.
pub fn signed_seal(path: &Path) -> Result<SignedSeal, EvidenceError> {
    let json = read(path, audit::SEAL_BYTES_MAX)?;
    SignedSeal::read(&json).map_err(|source| EvidenceError::Seal { path: path.to_owned(), source })
}

/// Opens a file to be read.
pub fn open(path: &Path) -> Result<File, EvidenceError> {
    File::open(path).map_err(|source| EvidenceError::Unreadable { path: path.to_owned(), source })
}

/// Makes a pair of keys: the private one in `path`, for its owner alone, the public one beside it. Gives where that is.
pub fn write_new_pair(path: &Path) -> Result<PathBuf, EvidenceError> {
    let mut public = path.as_os_str().to_owned();
    public.push(".pub");
    let public = PathBuf::from(public);
    let key = SigningKey::generate().map_err(EvidenceError::NoKey)?;
    // The public one first: without the private one it does no harm.
    let mut public_file = NewFile::of_everybody(&public)?;
    public_file.write(&key.public_pem().map_err(EvidenceError::NoKey)?)?;
    let mut private_file = NewFile::with_mode(path, PRIVATE)?;
    private_file.write(&key.to_pem().map_err(EvidenceError::NoKey)?)?;
    private_file.keep()?;
    public_file.keep()?;
    Ok(public)
}

/// A file that appears under its name once it is complete, and never in the place of another.
pub struct NewFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl NewFile {
    /// One that may be read by whoever the system lets by default.
    pub fn of_everybody(path: &Path) -> Result<Self, EvidenceError> {
        Self::with_mode(path, PUBLIC)
    }

    fn with_mode(path: &Path, mode: u32) -> Result<Self, EvidenceError> {
        // Asked again at the end; but nobody should wait for that.
        if path.exists() {
            return Err(EvidenceError::Exists { path: path.to_owned() });
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = Builder::new().prefix(".usher-").permissions(Permissions::from_mode(mode)).tempfile_in(folder);
        let file = file.map_err(|source| EvidenceError::Unwritable { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Where to write to.
    pub fn writer(&mut self) -> &mut impl Write {
        &mut self.file
    }

    /// Writes bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), EvidenceError> {
        self.file.write_all(bytes).map_err(|source| EvidenceError::Unwritable { path: self.path.clone(), source })
    }

    /// Gives it its name, durably.
    pub fn keep(self) -> Result<(), EvidenceError> {
        let Self { path, file } = self;
        if let Err(source) = file.as_file().sync_all() {
            return Err(EvidenceError::Unwritable { path, source });
        }
        match file.persist_noclobber(&path) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(EvidenceError::Exists { path }),
            Err(error) => Err(EvidenceError::Unwritable { path, source: error.error }),
        }
    }
}

fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, EvidenceError> {
    let unreadable = |source| EvidenceError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    // One more than it may be, so that a longer one shows.
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    open(path)?.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > bytes_max {
        return Err(EvidenceError::TooLong { path: path.to_owned(), bytes_max });
    }
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_made_once_and_only_its_owner_reads_the_private_half() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let public = write_new_pair(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, PRIVATE);
        signing_key(&path).unwrap();
        assert!(verifying_key(Some(&public)).unwrap().is_some());
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(write_new_pair(&path), Err(EvidenceError::Exists { .. })));
        std::fs::remove_file(&public).unwrap();
        assert!(matches!(write_new_pair(&path), Err(EvidenceError::Exists { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half done is left");
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.json");
        let mut file = NewFile::of_everybody(&path).unwrap();
        file.write(b"ours").unwrap();
        std::fs::write(&path, b"theirs").unwrap();
        assert!(matches!(file.keep(), Err(EvidenceError::Exists { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
    }

    #[test]
    fn what_is_too_long_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, vec![b'a'; KEY_BYTES_MAX + 1]).unwrap();
        assert!(matches!(signing_key(&path), Err(EvidenceError::TooLong { .. })));
    }
}
