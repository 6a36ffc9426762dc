//! What can go wrong with the views, and what to do about it.

use std::{error::Error, io, path::PathBuf, sync::Arc};

use journal::{Ended, JournalError, Position};

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
    /// The database of the views can't be reached or refused.
    #[error(transparent)]
    Database(JournalError),
    /// The tables do not hold what was written to them.
    #[error("the tables of the schema usher_views are damaged ({detail}): start usher again, which rebuilds them")]
    TablesUnreadable {
        /// What was found.
        detail: String,
    },
    /// The tables were made by a newer program.
    #[error(
        "the schema usher_views has format {found}, but this usher knows formats up to {supported}: upgrade usher, or \
         drop the schema, which is rebuilt"
    )]
    NewerFormat {
        /// The format that it bears.
        found: u32,
        /// The newest format that is known here.
        supported: u32,
    },
    /// Whoever asked for a rebuild ended it.
    #[error("the rebuild was ended: the views are as they were")]
    Aborted,
    /// The views are being rebuilt already, here or by another process on the database.
    #[error("these views are being rebuilt already: wait until that is done")]
    RebuildUnderWay,
    /// The thread that rebuilt them is gone.
    #[error("the rebuild came to no end: see usher's log; the views are as they were or new as a whole")]
    RebuildLost,
    /// The file is read without a pause, so that none can take its place.
    #[error("{file:?} is being read without a pause: end whatever reads it, then rebuild it again; it is as it was")]
    Occupied {
        /// The file.
        file: PathBuf,
    },
    /// Processes that run keep the views by another catalogue.
    #[error("the views go by another catalogue: name the same one with --catalog as for usher serve")]
    OtherCatalogue,
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

impl ViewsError {
    /// Whether it may pass by itself, or be mended meanwhile: a database that is away comes back.
    pub(crate) const fn passes(&self) -> bool {
        let (Self::Journal(error) | Self::Database(error)) = self else { return false };
        match error {
            JournalError::Unreachable { .. } | JournalError::Database { .. } => true,
            JournalError::Full { .. } => matches!(self, Self::Database(_)),
            _ => false,
        }
    }
}

impl From<Ended<ViewsError>> for ViewsError {
    fn from(ended: Ended<ViewsError>) -> Self {
        match ended {
            Ended::Stopped => Self::FollowerStopped,
            Ended::Failed(error) => Self::FollowerFailed(error),
        }
    }
}
