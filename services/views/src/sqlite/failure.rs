//! From what SQLite and the system say to what it means for the views.

use std::{error::Error, io, path::Path};

use rusqlite::{ErrorCode, ffi, types::Type};

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

/// A stored value that cannot be what was stored; becomes [`ViewsError::Unreadable`].
pub(super) fn unreadable(column: usize, cause: impl Into<Box<dyn Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, cause.into())
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

/// Whether an error can only come from a file that holds something else than was written to it.
fn is_damage(error: &rusqlite::Error) -> bool {
    let short_or_foreign_read =
        matches!(error.sqlite_extended_error_code(), Some(ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS));
    let is_damaged_file = matches!(
        error.sqlite_error_code(),
        // Rows are only ever put where none is, or in place of one, so a constraint can't fail in a sound file.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::ConstraintViolation)
    );
    let is_foreign_value = matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::QueryReturnedNoRows
    );
    short_or_foreign_read || is_damaged_file || is_foreign_value
}
