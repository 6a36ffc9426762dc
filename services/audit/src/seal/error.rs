//! Why something can't be worked with as a seal.

use contract::event::InvalidStreamName;

use super::STREAMS_MAX;

/// Why something can't be worked with as a seal.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// It is none.
    #[error("this is no seal of usher: give a file that usher seal wrote, unchanged")]
    Unreadable(#[source] serde_json::Error),
    /// It reads as one, but no program of ours wrote it like that.
    #[error("the seal is spelled in another way than usher writes it: give a file that usher seal wrote, unchanged")]
    Spelling,
    /// Of another form.
    #[error(
        "the seal is of the form {format:?}, version {version}: check it with the usher that wrote it, or a newer one"
    )]
    Form {
        /// What it says of itself.
        format: String,
        /// And which version.
        version: u32,
    },
    /// Of too much.
    #[error("there are more than {STREAMS_MAX} streams: seal licensees apart, in bundles")]
    TooManyStreams,
    /// A stream whose name is none, which no store that was found sound has.
    #[error("a stream has a name that is none: run usher verify")]
    StreamName(#[source] InvalidStreamName),
}
