//! What can go wrong with telling, and what to do about it.

use std::{error::Error, io, path::PathBuf};

use journal::{JournalError, Position};

/// Why something could not be told, or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// The journal could not be read, or the database of what is kept refused.
    #[error(transparent)]
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
    /// The index does not know yet what the journal holds.
    #[error("the index of shard {shard} is behind: it is waited for")]
    IndexBehind {
        /// The shard.
        shard: u16,
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
    /// SQLite refused.
    #[error("sqlite cannot work on {file:?}: see the cause; without the file, usher starts with an empty one")]
    Sqlite {
        /// The database file.
        file: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// What is kept belongs to another store.
    #[error("{place} belongs to another store: move it away, and usher starts with an empty one")]
    OtherStore {
        /// File or schema.
        place: String,
    },
    /// What is kept was written by a newer program.
    #[error("{place} has format {found}, but this usher knows formats up to {supported}: upgrade usher")]
    NewerFormat {
        /// File or schema.
        place: String,
        /// The format that it bears.
        found: u32,
        /// The newest format that is known here.
        supported: u32,
    },
    /// A template of mail can't be used.
    #[error("the template {name} cannot be used: mend it, or leave the setting mail_templates out")]
    Template {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: minijinja::Error,
    },
    /// The system gave no thread, or no runtime for it.
    #[error("cannot start a thread: raise the limits on threads and open files")]
    Thread(#[source] io::Error),
    /// TLS can't be had.
    #[error("the connection to the mail server cannot be made ready: check the certificates that the system trusts")]
    Tls(#[source] Box<dyn Error + Send + Sync>),
}
