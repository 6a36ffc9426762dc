//! Usher's wire contract: protobuf types, the CloudEvents codec, conversions to and from the domain.

/// The generated protobuf types, one module a package.
#[allow(missing_docs, clippy::all)]
pub mod proto {
    /// What the journal keeps.
    pub mod journal {
        include!(concat!(env!("OUT_DIR"), "/usher.journal.v1.rs"));
    }
}
