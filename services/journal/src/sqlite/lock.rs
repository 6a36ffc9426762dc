//! One process a folder.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

use super::failure::InFile;
use crate::JournalError;

/// Holds a data folder until it is dropped; the system lets go of it too when the process dies.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the folder, or says that somebody else has it.
    pub(super) fn acquire(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join("lock");
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(&path).in_file(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(JournalError::InUse { path: folder.to_owned() }),
            Err(TryLockError::Error(error)) => Err(error).in_file(&path),
        }
    }
}
