//! Load as in life on a running server, or on the brokers before it: a made-up company, a mix of requests at a given rate,
//! and what came of them.
//!
//! The loop is *open*: request `i` is due `i / rate` seconds after the start, whatever became of those before it, and its
//! latency counts from when it was due. A server that stalls is charged for all that would have come meanwhile, instead of
//! being asked less (coordinated omission).

mod company;
mod crew;
mod error;
mod memory;
mod mix;
mod prepare;
mod report;
mod request;
mod run;
mod script;
mod server;
mod shown;
mod target;

pub use company::Company;
pub use error::LoadError;
pub use memory::Memory;
pub use mix::{InvalidMix, Kind, Mix};
pub use prepare::{Prepared, prepare};
pub use report::{Latency, Report};
pub use run::{Pace, run};
pub use server::Server;
pub use target::Target;
