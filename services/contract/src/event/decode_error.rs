//! Why an event can't be read.

use super::{SCHEMA_VERSION, fields::FieldError};
use crate::borrowed::DamagedMessage;

/// Why bytes are no event that this version can read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No event of this version has that name.
    #[error("the event type {type_name:?} is unknown: upgrade usher, a newer version wrote it")]
    UnknownType {
        /// The name.
        type_name: String,
    },
    /// The schema is newer than this version's.
    #[error("{type_name} has schema version {found}, and this usher reads up to {SCHEMA_VERSION}: upgrade usher")]
    NewerSchema {
        /// Of which event.
        type_name: String,
        /// The version that was found.
        found: u32,
    },
    /// There never was such a schema version.
    #[error("{type_name} has schema version 0, and the first is 1: the event is damaged, run usher verify")]
    NoSchema {
        /// Of which event.
        type_name: String,
    },
    /// The bytes are no protobuf of that type.
    #[error("the data of {type_name} is not its protobuf: the event is damaged, run usher verify")]
    Protobuf {
        /// Of which event.
        type_name: &'static str,
        /// Why.
        #[source]
        source: DamagedMessage,
    },
    /// A field doesn't hold what it should.
    #[error("the data of {type_name} is not valid: a newer usher wrote it or it is damaged, run usher verify")]
    Field {
        /// Of which event.
        type_name: &'static str,
        /// Which field, and why.
        #[source]
        source: FieldError,
    },
}
