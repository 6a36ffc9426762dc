//! What happens to every request, whichever route it takes.

mod admit;
mod caught_up;
mod grpc;
mod observe;
mod panics;
mod unsupported;

pub(crate) use admit::{Gate, admit};
pub(crate) use caught_up::{MIN_POSITION, MinPosition, Source, catch_up, wait_until_caught_up};
pub(crate) use grpc::speak_grpc;
pub(crate) use observe::observe;
pub(crate) use panics::catch_panics;
pub(crate) use unsupported::refuse_unsupported;
