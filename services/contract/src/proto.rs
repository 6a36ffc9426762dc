//! The generated protobuf types, one module a package.

#![allow(missing_docs, clippy::all)]

/// What billing sends.
pub mod billing {
    include!(concat!(env!("OUT_DIR"), "/usher.billing.v1.rs"));
}

/// What the user directory sends.
pub mod directory {
    include!(concat!(env!("OUT_DIR"), "/usher.directory.v1.rs"));
}

/// What the journal keeps.
pub mod journal {
    include!(concat!(env!("OUT_DIR"), "/usher.journal.v1.rs"));
}

/// What happened: the events that leave.
pub mod licensing {
    include!(concat!(env!("OUT_DIR"), "/usher.licensing.v1.rs"));
}

/// What administrators and instances ask for.
pub mod seats {
    include!(concat!(env!("OUT_DIR"), "/usher.seats.v1.rs"));
}

/// What the product says about its use.
pub mod usage {
    include!(concat!(env!("OUT_DIR"), "/usher.usage.v1.rs"));
}
