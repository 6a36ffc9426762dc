//! Why a store could not be found to be sound.

use std::fmt;

use journal::JournalError;
use views::ViewsError;

use crate::{Difference, KeyError, Part, Place, SealError};

/// Why a store could not be found to be sound.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Something is not what it should be; the first that was met.
    #[error("{0}")]
    Difference(Box<Difference>),
    /// Journal or index could not be read.
    #[error("the store cannot be read: see the cause")]
    Journal(#[from] JournalError),
    /// The views could not be read.
    #[error("the views cannot be read: see the cause")]
    Views(#[from] ViewsError),
    /// A value can't be written down to be compared, which no input brings about.
    #[error("{what} cannot be put into the form in which it is compared: report this")]
    Form {
        /// Of what.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something can't be worked with as a seal.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What is written can't be written.
    #[error("the output cannot be written: check where it leads to")]
    Output {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Index or views do not come up to the journal.
    #[error("{what} stays behind the journal: see that a node keeps it up to date, then try again")]
    Standstill {
        /// Which of them.
        what: &'static str,
    },
    /// Something changed each time it was looked at.
    #[error("{what} changes faster than it can be compared: try again at a quieter time")]
    Restless {
        /// What.
        what: String,
    },
}

/// The error of something that is not what it should be.
pub(crate) fn differs(
    part: Part,
    place: Place,
    field: impl Into<String>,
    found: impl fmt::Display,
    expected: impl fmt::Display,
) -> AuditError {
    AuditError::Difference(Box::new(Difference::new(part, place, field, found, expected)))
}
