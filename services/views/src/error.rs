//! What can go wrong with the views, and what to do about it.

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use journal::{Ended, JournalError, Position};
use rusqlite::{ErrorCode, ffi, types::Type};

/// Why the views did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewsError {
    /// The cursor was not made by this query.
    #[error(
        "the cursor does not belong to this query: send one as it was given, with the same query, or none to start"
    )]
    InvalidCursor,
    /// The order that the cursor goes by is no longer kept.
    #[error("the cursor is too old: start again without one")]
    ExpiredCursor,
    /// The journal could not be read.
    #[error("the views cannot read the journal: see the cause")]
    Journal(#[from] JournalError),
    /// A record of the journal cannot be understood.
    #[error(
        "the record at position {} of shard {} cannot be read: upgrade usher if a newer one wrote it, or run usher \
         verify",
        position.position, position.shard
    )]
    Record {
        /// Where it lies.
        position: Position,
        /// What is wrong with it.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The journal does not hold what it says it holds.
    #[error("shard {shard} of the journal ends before its head: restore the data folder from a backup")]
    MissingCommits {
        /// The shard.
        shard: u16,
    },
    /// The file does not hold what was written to it.
    #[error("{file:?} is damaged ({detail}): start usher again, which rebuilds it")]
    Unreadable {
        /// The damaged file.
        file: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The file system refused.
    #[error("cannot use {path:?}: check that it exists, that usher may write there, and that there is room")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// SQLite refused for another reason.
    #[error("sqlite cannot work on {file:?}: see the cause, then start usher again")]
    Sqlite {
        /// The database file.
        file: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The follower met an error and stopped; the views are not up to date and no longer answer.
    #[error("the views stopped after an error: mend the cause, then start usher again")]
    FollowerFailed(#[source] Arc<ViewsError>),
    /// The follower is gone, so what is waited for will not come.
    #[error("the views are no longer being fed: start usher again")]
    FollowerStopped,
    /// The follower's thread could not be started.
    #[error("cannot start the thread that feeds the views: raise the limit on threads")]
    Thread(#[source] io::Error),
}

/// Says which file an error is about.
pub(crate) trait InFile<T> {
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
pub(crate) fn damaged(file: &Path, detail: impl Into<String>) -> ViewsError {
    ViewsError::Unreadable { file: file.to_owned(), detail: detail.into() }
}

/// A stored value that cannot be what was stored; becomes [`ViewsError::Unreadable`].
pub(crate) fn unreadable(column: usize, cause: impl Into<Box<dyn Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, cause.into())
}

impl From<Ended<ViewsError>> for ViewsError {
    fn from(ended: Ended<ViewsError>) -> Self {
        match ended {
            Ended::Stopped => Self::FollowerStopped,
            Ended::Failed(error) => Self::FollowerFailed(error),
        }
    }
}

/// What an error of SQLite's means for the file.
pub(crate) fn classify(file: &Path, error: rusqlite::Error) -> ViewsError {
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
