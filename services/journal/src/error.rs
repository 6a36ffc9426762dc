//! What can go wrong with a store, and what to do about it.

use std::{error::Error, io, path::PathBuf, sync::Arc};

use crate::{Ended, Head};

/// Why the store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Another process (or another handle in this one) has the store open.
    #[error("the data folder {path:?} is in use by another usher process: stop it, or use another --data-dir")]
    InUse {
        /// The data folder.
        path: PathBuf,
    },
    /// The store was written by a newer program.
    #[error("{file:?} has format {found}, but this usher knows formats up to {supported}: upgrade usher")]
    NewerFormat {
        /// The file of the newer format; of a database its server, name and schema, without a password.
        file: PathBuf,
        /// The format version that it bears.
        found: u32,
        /// The newest format version that is known here.
        supported: u32,
    },
    /// There is no room left; what was to be written was not.
    #[error("the disk that holds {file:?} is full: free space, nothing was written")]
    Full {
        /// The file that could not grow; of a database its server and name, without a password.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store is damaged or was tampered with.
    #[error(
        "{file:?} is damaged ({detail}): restore the store from a backup, or only delete the file if it is index.db, or \
         drop the schema if it is usher_index: those are rebuilt"
    )]
    Corrupt {
        /// The damaged file; of a database its server, name and schema, without a password.
        file: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A commit does not follow its shard's head: another writer was here. Nothing of the batch was written.
    #[error(
        "shard {shard} ends at commit {} and position {}, which commit {offered_number} from position \
         {offered_first_position} does not follow: reload the shard",
        head.commit_number, head.position
    )]
    Conflict {
        /// The shard.
        shard: u16,
        /// Where the shard ends.
        head: Head,
        /// The number of the commit that was refused.
        offered_number: u64,
        /// Its first position.
        offered_first_position: u64,
    },
    /// Another process holds the shard. Nothing of the batch was written.
    #[error("shard {shard} is held by another process: send the command there")]
    NotHeld {
        /// The shard.
        shard: u16,
    },
    /// The database server can't be reached, or ended the connection. Nothing of what was asked is known to be done.
    #[error(
        "cannot reach the database at {server}: check --database-url, and that the server runs and takes connections"
    )]
    Unreachable {
        /// Host and port, without a password.
        server: String,
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The database refused.
    #[error("the database at {server} refused: {remedy}")]
    Database {
        /// Host, port and database, without a password.
        server: String,
        /// What to do about it.
        remedy: String,
        /// What it said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A certificate or key for the connection to the database can't be used.
    #[error("cannot use {file:?} for TLS to the database: check that it exists and holds certificate or key as PEM")]
    Certificate {
        /// The file that the connection string names.
        file: PathBuf,
        /// What the TLS library said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A shard beyond the store's number of shards was named.
    #[error("there is no shard {shard} in a store of {shards}: take the shard count from the store")]
    UnknownShard {
        /// The shard that was named.
        shard: u16,
        /// How many shards the store has.
        shards: u16,
    },
    /// An overlay holds as much as it may; nothing of the batch was taken.
    #[error(
        "what would happen takes more than the {} MiB of memory that it may: look at less at one go",
        bytes_max / (1024 * 1024)
    )]
    OverlayFull {
        /// The most that it may hold, bytes.
        bytes_max: usize,
    },
    /// A commit is larger than a store takes.
    #[error("a commit of {bytes} bytes is above the limit of {bytes_max}: decide fewer commands at one go")]
    TooLarge {
        /// The size of its block, bytes.
        bytes: usize,
        /// The largest block, bytes.
        bytes_max: usize,
    },
    /// The file system refused.
    #[error("cannot use {path:?}: check that it exists, that usher may write there, and that the disk is sound")]
    Io {
        /// The file or folder.
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
    /// The indexer met an error and stopped; the index is not up to date and no longer answers.
    #[error("the index stopped after an error: mend the cause, then start usher again")]
    IndexFailed {
        /// The error that it met.
        #[source]
        source: Arc<JournalError>,
    },
    /// The indexer was stopped, so what is waited for will not come.
    #[error("the index is no longer being filled: open the store again")]
    IndexStopped,
    /// The indexer's thread could not be started.
    #[error("cannot start the indexer's thread: raise the limit on threads")]
    Thread {
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl From<Ended<JournalError>> for JournalError {
    fn from(ended: Ended<JournalError>) -> Self {
        match ended {
            Ended::Stopped => Self::IndexStopped,
            Ended::Failed(source) => Self::IndexFailed { source },
        }
    }
}
