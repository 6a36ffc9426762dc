//! From what SQLite and the system say to what it means for the views.

use std::{io, path::Path};

use journal::sqlite::soundness::is_damage;
use rusqlite::ErrorCode;

use crate::ViewsError;

/// Says which file an error is about.
pub(super) trait InFile<T> {
    /// The result, with an error that names `file` and what to do.
    fn in_file(self, file: &Path) -> Result<T, ViewsError>;
}

impl<T> InFile<T> for rusqlite::Result<T> {
    fn in_file(self, file: &Path) -> Result<T, ViewsError> {
        self.map_err(|error| classify(file, error))
    }
}

impl<T> InFile<T> for io::Result<T> {
    fn in_file(self, file: &Path) -> Result<T, ViewsError> {
        self.map_err(|source| ViewsError::Io { path: file.to_owned(), source })
    }
}

/// An error about a file that does not hold what it should.
pub(super) fn damaged(file: &Path, detail: impl Into<String>) -> ViewsError {
    ViewsError::Unreadable { file: file.to_owned(), detail: detail.into() }
}

/// What an error of SQLite's means for the file.
pub(super) fn classify(file: &Path, error: rusqlite::Error) -> ViewsError {
    if is_damage(&error) {
        return damaged(file, error.to_string());
    }
    match error.sqlite_error_code() {
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::DiskFull
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure,
        ) => ViewsError::Io { path: file.to_owned(), source: io::Error::other(error) },
        _ => ViewsError::Sqlite { file: file.to_owned(), source: error },
    }
}
