//! Usher's wire contract: protobuf types, the CloudEvents codec, conversions to and from the domain.
//!
//! * [`incoming`] reads what comes from outside, and never fails: what can't be read is a refusal with a reason;
//! * [`event`] writes events to the store and to the outside, and reads them back;
//! * [`refusal`] does the same for refusals, [`kept`] for commands that are kept with their outcomes;
//! * [`stored`] reads what the journal keeps where it lies;
//! * [`proto`] holds the generated types.
//!
//! Whatever is read here is untrusted: no input makes this crate panic, and no name, e-mail address or free text of an
//! input gets into a message of this crate (R30).

pub mod actor;
pub mod borrowed;
pub mod event;
pub mod incoming;
pub mod kept;
pub mod proto;
pub mod refusal;
pub mod stored;
pub mod timestamp;
mod wire_json;
