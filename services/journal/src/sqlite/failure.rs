//! From what SQLite and the system say to what it means for the store.

use std::{io, path::Path};

use rusqlite::{ErrorCode, ffi};

use super::soundness::is_damage;
use crate::JournalError;

/// Says which file an error is about.
pub(super) trait InFile<T> {
    /// The result, with an error that names `file` and what to do.
    fn in_file(self, file: &Path) -> Result<T, JournalError>;
}

impl<T> InFile<T> for rusqlite::Result<T> {
    fn in_file(self, file: &Path) -> Result<T, JournalError> {
        self.map_err(|error| classify(file, error))
    }
}

impl<T> InFile<T> for io::Result<T> {
    fn in_file(self, file: &Path) -> Result<T, JournalError> {
        self.map_err(|source| match source.kind() {
            io::ErrorKind::StorageFull => JournalError::Full { file: file.to_owned(), source: source.into() },
            _ => JournalError::Io { path: file.to_owned(), source },
        })
    }
}

/// An error about a file that does not hold what it should.
pub(super) fn corrupt(file: &Path, detail: impl Into<String>) -> JournalError {
    JournalError::Corrupt { file: file.to_owned(), detail: detail.into() }
}

/// While a file is being opened, our statements meet it for the first time: one that fails by itself does not fit what
/// is in the file.
pub(super) fn while_opening(error: JournalError) -> JournalError {
    match error {
        JournalError::Sqlite { file, source } if source.sqlite_extended_error_code() == Some(ffi::SQLITE_ERROR) => {
            corrupt(&file, source.to_string())
        }
        other => other,
    }
}

/// What an error of SQLite's means for the file.
pub(super) fn classify(file: &Path, error: rusqlite::Error) -> JournalError {
    if is_damage(&error) {
        return corrupt(file, error.to_string());
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => JournalError::Full { file: file.to_owned(), source: error.into() },
        Some(
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure,
        ) => JournalError::Io { path: file.to_owned(), source: io::Error::other(error) },
        _ => JournalError::Sqlite { file: file.to_owned(), source: error },
    }
}
